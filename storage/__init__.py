"""What it remembers: tables, transactions, migrations."""
