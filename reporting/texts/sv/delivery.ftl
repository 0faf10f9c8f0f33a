# The e-mail that carries an edition.
delivery-subject = Palvelutarve: {$county}, utgåva {$edition}
delivery-synthetic = SYNTETISK:
delivery-greeting = Hej,
delivery-contents = Det bifogade paketet innehåller { $files ->
    [one] en fil:
   *[other] { $files } filer:
}
delivery-part = Detta är meddelande { $number } av { $parts }: utgåvan är uppdelad på dem.
delivery-personal = Paketet innehåller enhetens egen lista över handlingar att rätta. Den är personuppgifter och avsedd endast för enhetens chef: skicka den inte vidare.
delivery-closing = Meddelandet har skickats automatiskt. Mottagarna anges i välfärdsområdets inställningar.
