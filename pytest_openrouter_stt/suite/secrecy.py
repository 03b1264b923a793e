"""The key, the audio and the transcript, and the places where they must not be found."""
