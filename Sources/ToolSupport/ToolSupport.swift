// The sources of ToolSupport come here.
