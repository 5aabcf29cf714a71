"""What a backup is, what may go, what is due: without a database, a store or a clock."""
