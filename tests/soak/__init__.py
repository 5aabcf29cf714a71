"""The long form: `make soak`. A million rows and a thousand kills; SOAK_ROWS and SOAK_KILLS make it shorter."""
