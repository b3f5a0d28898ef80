"""What the site says and keeps. This room knows no Flask and no views.

The words: article, faq, reframe and support read their committed files once, at the start, into
frozen dataclasses; ``content`` says where a malformed file is wrong.
"""
