// The sources of ToolOptions come here.
