# Kirjaamisen laaturaportti ja yksikön työlista.
rq-title = Kirjaamisen laaturaportti
rq-summary = Tiivistelmä
rq-purpose = Kuinka hyvin asiakirjat on kirjattu, missä on korjattavaa ja mitä kannattaa tehdä ensin. Raportti arvioi kirjaamista, ei työntekijöitä.
rq-no-scores = Asiakirjojen laatua ei ole tarkastettu tässä julkaisussa.
rq-none = ei yhtään
rq-key-index = Laatuindeksi
rq-key-documents = Tarkastettuja asiakirjoja
rq-key-below = Alle sattuman rajojen
rq-key-signals = Muutosmerkkejä
rq-of-units = { $count ->
    [one] { $count } yksiköstä
   *[other] { $count } yksiköstä
}
rq-six-months = viimeiset 6 kuukautta
rq-say-index = Laatuindeksi: { $index }, arvio: { $grade }. Indeksi on läpäistyjen tarkastusten painotettu osuus.
rq-say-weakest = Heikoin laadun osa: { $name }, { $index }.
rq-say-below = { $count ->
    [one] { $count } yksikkö jää alle sen, minkä sattuma selittäisi.
   *[other] { $count } yksikköä jää alle sen, minkä sattuma selittäisi.
}
rq-say-none-below = Yksikään yksikkö ei jää alle sen, minkä sattuma selittäisi.
rq-say-above = { $count ->
    [one] { $count } yksikkö on parempi kuin sattuma selittäisi: siltä voi ottaa oppia.
   *[other] { $count } yksikköä on parempia kuin sattuma selittäisi: niiltä voi ottaa oppia.
}
rq-say-defect = Yleisin puute koskee tätä tarkastusta: { $rule } ({ $share } tarkastetuista ei läpäise).

rq-areas = Palvelualueet
rq-areas-intro = Alueet ovat kuntajaon järjestyksessä, eivät paremmuusjärjestyksessä. Väli kertoo, kuinka tarkasti indeksi tunnetaan.
rq-areas-figure = Laatuindeksi alueittain ja 95 %:n väli. Pystyviiva: hyvinvointialue.
rq-areas-alt = Pistekuvio: laatuindeksi alueittain. { $parts }.
rq-areas-caption = Laatuindeksit alueittain
rq-index-axis = Laatuindeksi
rq-area = Alue
rq-overall-interval = Kokonaisuus (95 %:n väli)

rq-units = Yksiköt
rq-units-intro = Suppilokuviossa jokainen piste on yksikkö, ja harmaa palkki on väli, jolle sattuma voi jättää samankokoisen ja asioiltaan samanlaisen yksikön. Palkin sisällä erot voivat olla sattumaa, joten yksiköitä ei aseteta järjestykseen.
rq-funnel-figure = Yksiköiden laatuindeksi ja sattuman rajat. Punainen vinoneliö: alle rajojen. Vihreä kolmio: yli rajojen.
rq-funnel-alt = Suppilokuvio: { $units ->
    [one] { $units } yksikkö
   *[other] { $units } yksikköä
}, rajojen ulkopuolella { $outside }. Ulkopuolella: { $names }.
rq-units-caption = Yksiköiden laatuindeksit
rq-units-help = Tasoitettu indeksi vetää pienen yksikön arvoa kohti alueensa tasoa. Sattuman rajat on laskettu yksikön asiakirjojen määrälle ja lajeille.
rq-unit = Yksikkö
rq-index-interval = Indeksi (95 %:n väli)
rq-shrunk = Tasoitettu
rq-limits = Sattuman rajat
rq-side = Sijainti
rq-side-below = alle rajojen
rq-side-just-below = niukasti alle rajojen
rq-side-above = yli rajojen
rq-side-just-above = niukasti yli rajojen
rq-side-inside = rajojen sisällä
rq-side-unjudged = ei rajoja

rq-changes = Muutos ajassa
rq-changes-intro = Valvontakortti vertaa yksikön kuukausia sen omaan tavalliseen tasoon. Luku on puutteiden osuus tarkastuksista. Punainen vinoneliö: tavallista enemmän puutteita. Vihreä kolmio: tavallista vähemmän. Ohut viiva on tavallinen taso, katkoviivat ovat sattuman rajat.
rq-no-changes = Valvontakortteja ei ole laskettu tähän julkaisuun.
rq-no-signals = { $count ->
    [one] Muutosmerkkejä ei ole viimeisten kuuden kuukauden aikana ({ $count } yksikkö seurannassa).
   *[other] Muutosmerkkejä ei ole viimeisten kuuden kuukauden aikana ({ $count } yksikköä seurannassa).
}
rq-changes-caption = Yksiköt, joiden kirjaaminen on muuttunut enemmän kuin sattuma selittäisi
rq-month = Kuukausi
rq-rate = Puutteita
rq-usual = Tavallinen taso
rq-direction = Suunta
rq-worse = puutteet lisääntyneet
rq-better = puutteet vähentyneet
rq-gathered = { $direction } (vähitellen)
rq-gathered-help = Vähitellen: kuukausi itse on sattuman rajojen sisällä. Merkin antoivat usean kuukauden pienet poikkeamat samaan suuntaan, jotka yhdessä ovat enemmän kuin sattuma selittäisi.
rq-control-figure = Valvontakortti: { $unit }
rq-control-alt = Viivakuvio: puutteiden osuus kuukausittain, { $unit }. Kuukausia { $months }, muutosmerkkejä { $signals }.

rq-outside-caption = Yksiköt sattuman rajojen ulkopuolella
rq-all-units = Kaikki yksiköt
rq-findings = Uudet ja korjatut puutteet
rq-findings-intro = Puutetta seurataan asiakirjan ja tarkastuksen tunnuksella. Uusi: ei ollut edellisessä julkaisussa. Pysyvä: oli jo silloin. Korjattu: asiakirja läpäisee nyt tarkastuksen.
rq-findings-caption = Puutteet edellisen julkaisun ({ $against }) jälkeen
rq-no-earlier-edition = Vertailtavaa aiempaa julkaisua ei ole.
rq-new = Uusia
rq-persisting = Pysyviä
rq-fixed = Korjattuja

rq-defects = Yleisimmät puutteet ja mitä tehdä
rq-defects-intro = Tarkastus kertoo, miten asiakirjan pitäisi olla. Osuus on niiden asiakirjojen osuus, jotka eivät läpäise tarkastusta.
rq-defects-caption = Yleisimmät puutteet: { $area }
rq-no-defects = Tarkastuksissa ei löytynyt puutteita.
rq-area-defects = Yleisimmät puutteet alueittain
rq-say-area-defects = { $area }: { $names }.
rq-not-so = ”{ $rule }” ei toteudu: { $share }
rq-area-defects-intro = Lainausmerkeissä on, miten pitäisi olla. Osuus kertoo, kuinka monessa tarkastetussa asiakirjassa näin ei ole. Ensin on se, mistä puutteita on eniten.
rq-check = Tarkastus
rq-check-failed = Tarkastus, jota ei läpäisty
rq-severity = Vakavuus
rq-severity-fatal = vakava
rq-severity-convention = korjattava
rq-severity-characterization = seurattava
rq-failed = Puutteita
rq-share = Osuus
rq-mend = Mitä tehdä

rq-clocks = Lain määräajat
rq-clocks-caption = Määräajat alueittain
rq-short-to-assessment = Arvioinnin aloitus
rq-short-to-decision = Päätös
rq-clock-median = { $step }: mediaani
rq-clock-within = { $step }: määräajassa

rq-denominators = Mitä on tarkastettu ja mitä jätetty pois
rq-denominators-intro = Jokaisen tarkastuksen nimittäjä. Ei koske: asiakirja ei kuulu tarkastuksen piiriin. Ei arvioitavissa: tarkastuksen tarvitsema tieto puuttuu.
rq-denominators-caption = Tarkastukset, niiden perusteet ja nimittäjät
rq-no-cells = Tarkastuskohtaisia lukuja ei ole toimitettu.
rq-source = Peruste
rq-eligible = Tarkastettu
rq-not-applicable = Ei koske
rq-not-evaluable = Ei arvioitavissa

rq-method = Menetelmä
rq-method-index = Indeksi: läpäistyjen tarkastusten osuus niistä, jotka koskevat asiakirjaa; vakavan painokerroin on 4, korjattavan 2, seurattavaa ei lasketa mukaan.
rq-method-interval = Väli: 95 %:n luottamusväli, jossa on otettu huomioon, että saman kirjaajan asiakirjat muistuttavat toisiaan. Kun väli on kapeampi kuin näytetyt desimaalit, kerrotaan, kuinka lähellä lukua se on (±).
rq-method-funnel = Sattuman rajat: yksikkö, jolla on saman verran asiakirjoja ja tavallinen laatu, on rajojen sisällä lähes aina.
rq-method-change = Muutosmerkki: kuukausi on yksikön oman tason rajojen ulkopuolella tai useampi kuukausi peräkkäin samalla puolella.
rq-method-privacy = Tietosuoja: luvut 1–{ $top } ja yksiköt, joissa on alle { $smallest } asiakirjaa, on salattu, samoin ne luvut, joista salattu luku selviäisi laskemalla.
rq-method-privacy-rounded = Tietosuoja: alueiden asiakirjojen, tarkastusten ja puutteiden luvut on pyöristetty satunnaisesti luvun { $base } kerrannaisiin, joten osien summa voi poiketa kokonaisluvusta. Muut luvut 1–{ $top } ja yksiköt, joissa on alle { $smallest } asiakirjaa, on salattu, samoin ne luvut, joista salattu luku selviäisi laskemalla.
rq-method-people = Yksittäisiä työntekijöitä ei arvioida. Korjattavien asiakirjojen luettelo menee vain yksikön omalle esihenkilölle.

rq-unit-title = Yksikön kirjaamisen laatu
rq-unit-private = Vain yksikön esihenkilölle: { $unit }. Luvut ovat yksikön omia eikä niitä ole salattu. Älä jaa eteenpäin.
rq-key-to-mend = Korjattavia asiakirjoja
rq-defects-in-all = { $count ->
    [one] yhteensä { $count } puute
   *[other] yhteensä { $count } puutetta
}
rq-unit-below = Laatuindeksi jää alle sen, minkä sattuma selittäisi näin monella asiakirjalla.
rq-unit-above = Laatuindeksi on parempi kuin sattuma selittäisi näin monella asiakirjalla.
rq-unit-inside = Laatuindeksi on sattuman rajojen sisällä.
rq-unit-unjudged = Yksikölle ei ole laskettu sattuman rajoja.
rq-unit-hidden = Asiakirjoja on liian vähän, jotta laatua voisi arvioida.
rq-unit-worse = Puutteet ovat lisääntyneet yksikön omaan tasoon verrattuna (viimeksi: { $month }).
rq-unit-better = Puutteet ovat vähentyneet yksikön omaan tasoon verrattuna (viimeksi: { $month }).
rq-unit-gathered = Kuukausi itse on sattuman rajojen sisällä: muutos näkyy usean kuukauden pienistä poikkeamista samaan suuntaan.
rq-unit-findings = Edellisen julkaisun jälkeen: uusia puutteita { $new }, pysyviä { $persisting }, korjattuja { $fixed }.
rq-unit-indices = Laatuindeksit
rq-unit-indices-caption = Yksikön laatuindeksit (95 %:n väli) alueen ja hyvinvointialueen rinnalla
rq-unit-funnel = Yksikkö muiden joukossa. Harmaa palkki: sattuman rajat. Vinoneliö: tämä yksikkö.
rq-unit-funnel-alt = Suppilokuvio: yksikön laatuindeksi { $index }, sattuman rajat { $limits }, muita yksiköitä { $units }.
rq-unit-defects-caption = Yksikön yleisimmät puutteet
rq-unit-clocks = Määräajat yksikön palvelutehtävissä: { $area }
rq-work-list-csv = Työlista taulukkona (CSV)

rq-work-list = Työlista: korjattavat asiakirjat
rq-work-list-private = Vain yksikön esihenkilölle: { $unit }. Luettelossa on asiakirjojen tunnuksia ja asiakkaiden pseudonyymejä. Älä jaa eteenpäin.
rq-work-list-intro = { $documents ->
    [one] Korjattavana on { $documents } asiakirja
   *[other] Korjattavana on { $documents } asiakirjaa
}, { $defects ->
    [one] yhteensä { $defects } puute.
   *[other] yhteensä { $defects } puutetta.
} Ensin tulevat asiakirjat, joiden puutteet ovat vakavimpia ja vanhimpia.
rq-work-list-caption = Korjattavat asiakirjat: { $unit }
rq-work-list-cut = Sivulla on { $shown } ensimmäistä riviä. Kaikki { $defects } riviä ovat CSV-tiedostossa.
rq-document = Asiakirja
rq-client = Asiakkaan pseudonyymi
rq-type = Asiakirjatyyppi
rq-priority = Järjestys
rq-since = Alkaen
rq-age = Ikä, päivää
rq-units-hidden = { $count ->
    [one] { $count } yksikkö jää arvioimatta, koska siinä on liian vähän asiakirjoja tai sen luku paljastaisi toisen yksikön luvun.
   *[other] { $count } yksikköä jää arvioimatta, koska niissä on liian vähän asiakirjoja tai niiden luku paljastaisi toisen yksikön luvun.
}
rq-type-notification = Yhteydenotto tai ilmoitus
rq-type-assessment = Palvelutarpeen arvio
rq-type-client-plan = Asiakassuunnitelma
rq-type-decision = Päätös
rq-type-case-note = Asiakaskertomusmerkintä
rq-type-closing-summary = Yhteenveto
rq-unit-unknown = ei tiedossa
rq-unit-of = { $place }: { $service }
rq-basis-population-decree = valtioneuvoston asetus väestötietojärjestelmästä
rq-basis-time-limits-act = laki säädettyjen määräaikain laskemisesta
rq-basis-metadata = kansallinen asiakirjan metatietomalli
rq-basis-processes = sosiaalihuollon palveluprosessit
rq-basis-structures = Sosmeta, asiakirjarakenteet
rq-basis-municipalities = hyvinvointialueen kuntajako
rq-basis-duties = hyvinvointialueen tehtävänjako
rq-basis-limit = hyvinvointialueen oma määräaika
rq-basis-social-welfare-act = sosiaalihuoltolaki
rq-basis-child-welfare-act = lastensuojelulaki
rq-basis-client-data-act = asiakastietolaki
rq-basis-regulations = hallintosääntö
rq-basis-instruction = kirjaamisohje
rq-basis-administration-act = hallintolaki
rq-basis-article = artikla
rq-basis-and = ja
rq-basis-local = hyvinvointialueen oma tarkastus

# Lomake, jolla ihmiset arvioivat otoksen asiakirjoja
audit-column-question = Kysymys
audit-column-document = Asiakirja
audit-column-type = Asiakirjatyyppi
audit-column-check = Mitä tarkastetaan
audit-column-meaning = Milloin kyseessä on puute
audit-column-answer = Vastaus ({ $words })
audit-column-note = Huomio (ei henkilötietoja)
audit-column-reader = Arvioija
audit-answer-ok = kunnossa
audit-answer-defect = puute
audit-answer-unclear = epäselvä

rq-mend-first = Mitkä puutteet kannattaa korjata ensin
rq-mend-first-intro = Järjestys: puutteen vakavuus × määrä × osuus, jonka voi vielä korjata. Viimeinen sarake kertoo, kuinka monta prosenttiyksikköä yksikön laatuindeksi nousee, kun puutteet korjataan.
rq-defects-count = Puutteita
rq-oldest = Vanhin, päivää
rq-index-gain = Indeksi nousee, prosenttiyksikköä

# Prosessi ja ihmisten arvio
rq-process = Asiakasprosessi
rq-process-intro = Asia etenee vaiheesta toiseen: vireilletulo, palvelutarpeen arviointi, suunnittelu, päätös, palvelun toteutus ja päättäminen. Asia poikkeaa, kun jokin vaihe on kirjattu ensimmäisen kerran vasta myöhemmän vaiheen jälkeen. Paluu aiempaan vaiheeseen ja uudelleen avattu asia eivät ole poikkeamia. Mukana ovat asiat, joissa on kirjattu vähintään kaksi vaihetta.
rq-process-caption = Odotetun järjestyksen mukaan edenneet asiat palvelutehtävittäin, 95 %:n väli
rq-task = Palvelutehtävä
rq-all-tasks = Kaikki tehtävät
rq-cases-judged = Asioita
rq-conform = Odotetussa järjestyksessä
rq-deviate = Poikkeaa
rq-cost-days = Poikkeaman kesto, päivää (mediaani)
rq-process-times = Vaiheiden väliset ajat
rq-process-times-intro = Mediaani päivinä; suluissa aika, jossa yhdeksän asiaa kymmenestä on edennyt. Vielä odottavat asiat ovat mukana odottavina (Kaplan–Meier). Ohitetut vaiheet eivät ole mukana. Päivät ovat kalenteripäiviä vaiheen ensimmäisen asiakirjan päiväyksestä seuraavan vaiheen ensimmäisen asiakirjan päiväykseen. Luvun ”{ rq-clocks }” arvioinnin aloitus on eri asia: arkipäiviä yhteydenotosta kirjattuun aloituspäivään, joka on ennen arvioinnin asiakirjan päiväystä.
rq-process-times-caption = Päiviä vaiheesta seuraavaan palvelutehtävittäin
rq-not-half-yet = ei vielä puolet
rq-process-stalls = Missä avoimet asiat ovat
rq-process-stalls-intro = Avoimet asiat viimeisen kirjatun vaiheen mukaan. Tavallista pidempään kestänyt: pidempään kuin yhdeksän kymmenestä saman palvelutehtävän asiasta hyvinvointialueella.
rq-process-stalls-caption = Avoimet asiat vaiheittain
rq-phase = Vaihe
rq-open-cases = Avoimia asioita
rq-days-in-phase = Päiviä vaiheessa (mediaani)
rq-longer-than-usual = Tavallista pidempään
rq-phase-initiation = Vireilletulo
rq-phase-assessment = Arviointi
rq-phase-planning = Suunnittelu
rq-phase-decision = Päätös
rq-phase-service = Palvelu
rq-phase-closing = Päättäminen
rq-audit = Kuinka luotettavia tarkastukset ovat
rq-audit-none = Täytettyjä arviointilomakkeita ei ole palautettu, joten tarkastusten luotettavuutta ei ole mitattu. Yksiköiden lomakkeet on arvottu tätä julkaisua varten.
rq-audit-intro = Ihmiset lukivat arvotut asiakirjat lähdejärjestelmässä. Osuvuus: kuinka moni tarkastuksen löytämä puute on puute myös lukijan mielestä. Kattavuus: kuinka monen lukijan näkemän puutteen tarkastus löytää. Kappa kertoo, kuinka samaa mieltä kaksi lukijaa oli (1 = täysin, 0 = sattuman verran). Kun puutteita on vähän, jo muutama lukijan virhe laskee kattavuutta paljon.
rq-audit-caption = Tarkastusten osuvuus ja kattavuus, 95 %:n väli
rq-audit-checks = Tarkastukset
rq-audit-read = Luettuja
rq-audit-precision = Osuvuus
rq-audit-sensitivity = Kattavuus
rq-audit-kappa = Kappa
rq-audit-source = Lähde: hyvinvointialueen oma arviointi, tilanne { $day }

rq-profile = Laatu palvelutehtävittäin ja asiakirjatyypeittäin
rq-profile-intro = Tehtäviä ei aseteta järjestykseen: niiden asiakirjoissa on kirjattava eri asioita. Painojen vaikutus kertoo, millä välillä indeksi olisi, jos vakavat ja muut puutteet painotettaisiin toisin (1:1–8:2; julkaistu indeksi 4:2).
rq-profile-service-task = Laatuindeksi palvelutehtävittäin
rq-profile-document-type = Laatuindeksi asiakirjatyypeittäin
rq-weights-band = Painojen vaikutus
rq-all-documents = Kaikki

# Mitä tarkastukset vievät indeksistä
rq-losses = Mikä laskee laatuindeksiä
rq-losses-intro = Kuinka monta prosenttiyksikköä kukin tarkastus vie laatuindeksistä: puutteiden määrä kertaa tarkastuksen paino, suhteessa kaikkeen tarkastettuun. Rivit summautuvat siihen, mitä indeksistä puuttuu sadasta prosentista.
rq-losses-caption = Tarkastusten vaikutus laatuindeksiin: { $place }
rq-losses-others = { $count ->
    [one] Muu tai salattu tarkastus ({ $count })
   *[other] Muut ja salatut tarkastukset ({ $count })
}
rq-losses-whole = Yhteensä
rq-points = Vie indeksistä, prosenttiyksikköä
rq-unit-elsewhere = { $count ->
    [one] Indeksit koskevat alueen { $area } asiakkaiden asiakirjoja. Lisäksi yksikössä on { $count } asiakirja muiden alueiden asiakkaista; se on mukana puutteissa ja valvontakortissa.
   *[other] Indeksit koskevat alueen { $area } asiakkaiden asiakirjoja. Lisäksi yksikössä on { $count } asiakirjaa muiden alueiden asiakkaista; ne ovat mukana puutteissa ja valvontakortissa.
}

# Asiakirjojen lajit ja tekstien pituus
rq-shifts = Muutokset siinä, mitä kirjataan
rq-shifts-intro = Asiakirjatyyppien osuuksia ja tekstien pituutta verrataan yksikön omaan historiaan; koko hyvinvointialueen muutos on otettu huomioon. Muutos ei ole puute: työ tai kirjaamistapa on voinut muuttua.
rq-no-shifts = Yksikään yksikkö ei ole muuttanut asiakirjatyyppiensä osuuksia tai tekstiensä pituutta viimeisten kuuden kuukauden aikana enempää kuin sattuma selittäisi.
rq-no-own-shifts = Asiakirjatyyppien osuudet ja tekstien pituus eivät ole muuttuneet viimeisten kuuden kuukauden aikana enempää kuin sattuma selittäisi.
rq-shifts-caption = Osuudet, jotka ovat muuttuneet enemmän kuin sattuma selittäisi
rq-shift-what = Mikä on muuttunut
rq-shift-short-text = Lyhyet tekstit
rq-shift-long-text = Poikkeuksellisen pitkät tekstit
rq-shift-up = osuus kasvanut
rq-shift-down = osuus pienentynyt
rq-shift-figure = Valvontakortti: { $unit }, { $subject }
rq-shift-alt = Viivakuvio: osuus kuukausittain, { $unit }, { $subject }. Kuukausia { $months }, muutosmerkkejä { $signals }.
