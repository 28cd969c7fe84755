"""The APIs as local HTTP servers, as strict as their documents."""
