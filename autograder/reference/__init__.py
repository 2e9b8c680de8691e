"""Reference accuracies: measured by the programs in this folder, kept beside them as JSON."""
