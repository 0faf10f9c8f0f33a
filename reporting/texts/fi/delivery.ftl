# The e-mail that carries an edition.
delivery-subject = Palvelutarve: {$county}, julkaisu {$edition}
delivery-synthetic = SYNTEETTINEN:
delivery-greeting = Hei,
delivery-contents = Liitteenä oleva paketti sisältää { $files ->
    [one] yhden tiedoston:
   *[other] { $files } tiedostoa:
}
delivery-part = Tämä on viesti { $number }/{ $parts }: julkaisu on jaettu näihin viesteihin.
delivery-personal = Paketissa on yksikön omien asiakirjojen korjauslista. Se on henkilötietoa ja tarkoitettu vain yksikön esihenkilölle: älä välitä sitä eteenpäin.
delivery-closing = Tämä viesti lähetettiin automaattisesti. Vastaanottajat on nimetty hyvinvointialueen asetuksissa.
