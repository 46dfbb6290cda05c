"""What people open: tables now (CSV with Parquet twins); each report is one file."""
