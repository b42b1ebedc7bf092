"""Staff console, resident pages and open API."""
