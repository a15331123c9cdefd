"""The models that answer in one process: the champion, and a challenger if there is one."""
