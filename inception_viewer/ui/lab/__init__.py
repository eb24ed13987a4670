"""The attribution lab's parts: what is chosen, the cells, how they are drawn and graded."""
