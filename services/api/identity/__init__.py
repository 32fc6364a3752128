"""Who asks: tokens, tickets, and what each may do."""
