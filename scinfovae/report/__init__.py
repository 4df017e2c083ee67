"""The report: everything that is known of finished runs on one page that opens offline."""
