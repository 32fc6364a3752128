"""What goes over the wire in time, and what is noted of it, whichever API is spoken."""
