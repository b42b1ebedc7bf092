"""What is true: values, states and decisions; standard library only."""
