# The e-mail that carries an edition.
delivery-subject = Palvelutarve: {$county}, edition {$edition}
delivery-synthetic = SYNTHETIC:
delivery-greeting = Hello,
delivery-contents = The attached archive holds { $files ->
    [one] one file:
   *[other] { $files } files:
}
delivery-part = This is message { $number } of { $parts }: the edition is divided among them.
delivery-personal = The archive holds the unit's own list of documents to mend. It is personal data, meant for the unit's lead alone: do not pass it on.
delivery-closing = This message was sent automatically. Recipients are named in the county's settings.
