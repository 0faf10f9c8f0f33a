"""The county's situation page (tilannekuva): a static site that works from a folder, in every language."""

from reporting.page.build import write_situation_page

__all__ = ["write_situation_page"]
