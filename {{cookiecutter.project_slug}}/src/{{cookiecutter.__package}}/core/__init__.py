"""Logic shared by notebooks and production. Importing it does nothing; it knows neither `lab` nor `live`."""
