"""What people decide through the console; pages and API call the same."""
