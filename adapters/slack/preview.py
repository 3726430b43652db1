"""x"""


def preview(card, locale, time_zone):
    return ""
