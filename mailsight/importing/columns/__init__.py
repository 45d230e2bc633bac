"""Tables whose columns are not known: what each may be, and how its rows are loaded."""
