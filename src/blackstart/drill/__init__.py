"""The run itself: from the plan to the verdict, and putting things right whatever happens."""
