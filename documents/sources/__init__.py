"""Documents that come from web pages and folders: finding them, fetching them, keeping up with them."""
