"""Level-triggered controllers: each looks at the whole state and moves it one step towards what is wanted."""
