"""The model card: Mitchell et al., Model Cards for Model Reporting, FAT* 2019, written from what a run left behind."""
