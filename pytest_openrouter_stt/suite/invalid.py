"""What becomes of a call that the contract does not allow."""
