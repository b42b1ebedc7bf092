"""What is done about each thing a person says, one module per capability."""
