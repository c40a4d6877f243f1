"""What is shown: tables, figures, the report, and the output of predict.py."""
