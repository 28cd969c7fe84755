"""The five APIs as local HTTP servers, as strict as their documents."""
