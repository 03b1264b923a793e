"""When a request is made again, how often and after how long."""
