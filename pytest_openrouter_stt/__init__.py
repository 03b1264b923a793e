"""A conformance test-suite for clients of OpenRouter speech-to-text."""
