"""What every stage needs: parameters, the command line and its errors, atomic files."""
