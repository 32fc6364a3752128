"""What is said in answer to a request: its words, blocks, calls and usage."""
