"""From the words of a command to the runs they ask for, each with its name."""
