"""Tests of the package; imported before any of them."""

import signal
import threading

# A shell that starts this in the background lets it, and all that it starts, ignore Ctrl-C, which tests send.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
