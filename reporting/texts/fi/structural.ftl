# Rakenteellisen sosiaalityön raportti. Nimet (alue, ilmiö, palvelu) ovat lauseissa aina perusmuodossa.
report-contents = Sisältö
report-page-of = /
report-to-content = Siirry sisältöön
report-other-versions = Muut muodot ja kielet
report-as-pdf = PDF-tiedosto
report-footer = Julkaisu { $edition } · tilanne { $day }
report-unknown-code = { $code } (koodille ei ole nimeä)
report-list-end = { $first } ja { $last }
report-list-end-apart = { $first } sekä { $last }
report-working-days = { $count ->
    [one] { $count } arkipäivä
   *[other] { $count } arkipäivää
}
report-calendar-days = { $count ->
    [one] { $count } päivä
   *[other] { $count } päivää
}
report-grade-good = hyvä
report-grade-fair = kohtalainen
report-grade-poor = heikko
report-grade-unknown = ei arvioitavissa
report-dimension = Laadun osa
report-dimension-completeness = Täydellisyys
report-dimension-conformance = Määritysten mukaisuus
report-dimension-timeliness = Ajantasaisuus
report-dimension-plausibility = Uskottavuus
report-dimension-overall = Kokonaisuus
report-documents = Asiakirjoja
report-index = Indeksi
report-interval-95 = 95 %:n väli
report-quality-source = Lähde: asiakirjojen laatutarkastus, tilanne { $day }.
report-sources = Lähteet
report-source = Lähde
report-source-vintage = Ajankohta
report-licence = Käyttöehdot
report-source-note = Huomautus
report-no-sources = Lähdeluettelo puuttuu tästä julkaisusta.

ssw-title = Rakenteellisen sosiaalityön raportti
ssw-subtitle = { $area } – julkaisu { $edition }
ssw-purpose = { $area }: mitä asiakastyö kertoo ihmisten tilanteesta, miten väestö ja palvelujen tarve muuttuvat, mitä ehdotetaan ja kuinka paljon lukuihin voi luottaa.

ssw-summary = Tiivistelmä
ssw-key-population = Väkiluku
ssw-key-at-end = 31.12.{ $year }
ssw-key-seniors = 75 vuotta täyttäneiden muutos
ssw-key-span = { $first }–{ $last }
ssw-key-observations = Sosiaalisia havaintoja
ssw-key-quality = Kirjaamisen laatu
ssw-key-trust = arvio: { $grade }
ssw-say-population = Väkiluku 31.12.{ $year }: { $now }. Ennuste vuodelle { $horizon }: { $then } ({ $change }).
ssw-say-population-now = Väkiluku 31.12.{ $year }: { $now }.
ssw-say-seniors = 75 vuotta täyttäneitä { $now } vuonna { $year } ja { $then } vuonna { $horizon } ({ $change }).
ssw-say-seniors-now = 75 vuotta täyttäneitä { $now } vuonna { $year }.
ssw-say-observations = { $count ->
    [one] Työntekijät kirjasivat { $count } sosiaalisen havainnon ajalla { $period }.
   *[other] Työntekijät kirjasivat { $count } sosiaalista havaintoa ajalla { $period }.
}
ssw-say-observations-hidden = Sosiaalisten havaintojen määrä ajalla { $period } on salattu tietosuojan vuoksi.
ssw-say-common = Yleisimmät ilmiöt: { $names }.
ssw-say-up = { $count ->
    [one] Edellisvuodesta selvästi yleistynyt ilmiö: { $names }.
   *[other] Edellisvuodesta selvästi yleistyneet ilmiöt: { $names }.
}
ssw-say-down = { $count ->
    [one] Edellisvuodesta selvästi harvinaistunut ilmiö: { $names }.
   *[other] Edellisvuodesta selvästi harvinaistuneet ilmiöt: { $names }.
}
ssw-say-no-change = Minkään ilmiön havaintomäärä ei ole muuttunut edellisvuodesta enempää kuin sattuma selittäisi.
ssw-step-to-assessment = Palvelutarpeen arvioinnin aloitus
ssw-step-to-decision = Päätös asiassa
ssw-say-times = { $step }: määräajassa { $share }, mediaani { $median }.
ssw-say-times-hidden = { $step }: mediaani { $median }; määräajassa hoidettujen osuutta ei näytetä.
ssw-say-need = Palvelutarve kasvaa ennusteen mukaan eniten tässä palvelussa: { $service }, { $change } vuoteen { $year } mennessä (80 %:n väli { $interval }).
ssw-say-need-falling = Minkään palvelun tarve ei ennusteen mukaan kasva. Vähiten supistuva: { $service }, { $change } vuoteen { $year } mennessä (80 %:n väli { $interval }).
ssw-say-quality = Kirjaamisen laatuindeksi: { $index } (95 %:n väli { $interval }), arvio: { $grade }.
ssw-say-quality-hidden = Kirjaamisen laatuindeksi on salattu, koska asiakirjoja on liian vähän.
ssw-no-population = Väestötietoja ei ole tässä julkaisussa.
ssw-no-observations = Sosiaalisia havaintoja ei ole toimitettu, joten ilmiöistä, palveluaukoista ja ehdotuksista ei voi sanoa mitään. Tyhjä ei tarkoita, että ilmiöitä ei olisi.
ssw-no-quality = Kirjaamisen laatua ei ole tarkastettu tässä julkaisussa.

ssw-surroundings = Väestö ja toimintaympäristö
ssw-all-ages = Kaikki
ssw-age = Ikä
ssw-age-from = { $age } vuotta täyttäneet
ssw-persons = Henkilöä
ssw-change-persons = Muutos, henkilöä
ssw-change-share = Muutos, %
ssw-population-caption = Väestö iän mukaan: { $area }
ssw-population-figure = Väestö iän mukaan vuosina { $first } ja { $last }: { $area }
ssw-population-alt = Pylväskuvio: henkilöitä ikäryhmittäin vuosina { $first } ja { $last }. { $parts }.
ssw-population-source = Lähde: väestö 31.12.{ $year }, { $source } ({ $vintage }).
ssw-projection-source = Väestöennuste: { $source } ({ $vintage }).
ssw-indicators = Indikaattoreita ympäristöstä
ssw-indicators-intro = Indikaattorit kuvaavat koko väestöä, eivät vain asiakkaita. Jos kuntakohtaista tietoa ei julkaista, alueen kohdalla lukee ”ei tietoa”. Suluissa on vuosi.
ssw-no-indicators = Avoimia indikaattoreita ei ole haettu tähän julkaisuun.
ssw-indicator = Indikaattori
ssw-indicator-caption = Avoimet indikaattorit
ssw-indicator-source = Lähde: { $source } ({ $vintage }).
ssw-this-area = Alueen kunnat
ssw-county = Hyvinvointialue
ssw-county-change = Muutos, { $years } v
ssw-country = Koko maa

ssw-casework = Asiakkaat ja käsittelyajat
ssw-casework-intro = Luvut on laskettu asiakirjojen päiväyksistä asioista, jotka ovat tulleet vireille tarkastelujaksolla. Vielä avoimet asiat ovat mukana odottavina.
ssw-clock-assessment = Palvelutarpeen arvioinnin aloitus: verrataan 7 arkipäivään yhteydenotosta. Sosiaalihuoltolain 36 §:n määräaika koskee iäkkäitä, ylintä hoitotukea saavia ja erityistä tukea tarvitsevia lapsia; muille se on vertailukohta.
ssw-clock-decision = Päätös: verrataan 3 kuukauteen (92 päivään) vireilletulosta. Sosiaalihuoltolain 45 §:n mukaan päätös on toimeenpantava viimeistään silloin.
ssw-no-times = Käsittelyaikoja ei ole tässä julkaisussa, koska asiakirjojen päiväyksiä ei ole toimitettu.
ssw-task = Palvelutehtävä
ssw-all-tasks = Kaikki palvelutehtävät
ssw-reached = Asioita vireille
ssw-still-open = Vielä avoinna
ssw-median = Mediaani
ssw-within = Määräajassa
ssw-trust = Luotettavuus
ssw-share-above = yli { $share }
ssw-not-half-yet = alle puolet ehtinyt
ssw-times-caption-to-assessment = Vireilletulosta arvioinnin aloitukseen: { $area }, vireille { $period }
ssw-times-caption-to-decision = Vireilletulosta päätökseen: { $area }, vireille { $period }
ssw-times-source = Lähde: asiakirjojen päiväykset, tilanne { $day }. Luotettavuus: palvelutehtävän asiakirjojen laatuindeksi.
ssw-poor-tasks = Kirjaaminen on heikkoa, joten ajat ovat epävarmoja: { $names }.

ssw-phenomena = Havaitut ilmiöt
ssw-phenomena-intro = Sosiaaliset havainnot ovat työntekijöiden kirjaamia huomioita asiakkaiden tilanteista. Jakso: { $period }. Vertailujakso: { $before }. Ilmiöt on ryhmitelty sosiaalihuoltolain 11 §:n tuen tarpeiden mukaan.
ssw-observation-trust-good = Luotettavuus: hyvä. Havaintoja on paljon, niitä tulee useasta yksiköstä ja kohderyhmä on yleensä kerrottu.
ssw-observation-trust-fair = Luotettavuus: kohtalainen. Havaintoja on riittävästi, mutta ne tulevat harvasta yksiköstä tai kohderyhmä puuttuu usein.
ssw-observation-trust-poor = Luotettavuus: heikko. Havaintoja on vähän. Luku kertoo enemmän kirjaamisen innosta kuin ilmiön yleisyydestä.
ssw-observation-trust-unknown = Luotettavuutta ei voi arvioida.
ssw-no-phenomena = Yhtään havaintoa ei ole kirjattu kummallakaan jaksolla.
ssw-observation-source = Lähde: sosiaaliset havainnot { $period }, tilanne { $day }.
ssw-per-thousand = Havaintoja 1 000 asukasta kohti
ssw-phenomenon = Ilmiö
ssw-need-column = Tuen tarve (SHL 11 §)
ssw-count = Havaintoja
ssw-rate = 1 000 asukasta kohti (95 %:n väli)
ssw-trend = Muutos edellisvuodesta
ssw-difference = Ero muuhun hyvinvointialueeseen
ssw-phenomenon-caption = Ilmiöt tuen tarpeen mukaan: { $area }, { $period }
ssw-phenomenon-figure-area = Yleisimmät ilmiöt: { $area }. Pystyviiva: koko hyvinvointialue. Vinoneliö: ero muuhun alueeseen on selvä.
ssw-phenomenon-figure-county = Yleisimmät ilmiöt: { $area }
ssw-phenomenon-alt = Pistekuvio: havaintoja 1 000 asukasta kohti ja 95 %:n väli. { $parts }.
ssw-ratio-help = Muutos ja ero ovat suhdelukuja: 1,0 tarkoittaa samaa tasoa, 2,0 kaksinkertaista. Suluissa 95 %:n väli. Muutos tai ero on selvä, kun väli ei sisällä lukua 1.
ssw-trend-more = yleistynyt
ssw-trend-less = harvinaistunut
ssw-trend-unclear = ei selvää muutosta
ssw-difference-more = yleisempi
ssw-difference-less = harvinaisempi
ssw-difference-unclear = ei selvää eroa
ssw-no-ratio = ei vertailulukua
ssw-changes = Mikä on muuttunut, mikä erottaa alueen
ssw-say-differs-up = { $count ->
    [one] Muuta hyvinvointialuetta selvästi yleisempi: { $names }.
   *[other] Muuta hyvinvointialuetta selvästi yleisempiä: { $names }.
}
ssw-say-differs-down = { $count ->
    [one] Muuta hyvinvointialuetta selvästi harvinaisempi: { $names }.
   *[other] Muuta hyvinvointialuetta selvästi harvinaisempia: { $names }.
}
ssw-groups = Keitä ilmiöt koskevat
ssw-groups-caption = Havainnot kohderyhmän mukaan: { $area }
ssw-group-column = Kohderyhmä
ssw-groups-intro = Ilmiöittäin useimmin mainitut kohderyhmät:
ssw-say-groups = { $phenomenon }: { $groups }.
ssw-no-groups = Kohderyhmiä ei ole kirjattu.

ssw-links = Ilmiöt, indikaattorit ja palvelutarve
ssw-association = Rinnakkaiset luvut kertovat yhteydestä, eivät syystä. Havaintojen määrään vaikuttaa myös se, kuinka ahkerasti niitä kirjataan.
ssw-links-caption = Ilmiöt rinnan indikaattorien ja ennusteen kanssa
ssw-links-source = Lähteet: { $sources }.
ssw-links-observations = sosiaaliset havainnot
ssw-links-indicators = THL Sotkanet (hyvinvointialueen arvo ja muutos)
ssw-links-need = palvelutarpeen ennuste
ssw-indicators-beside = Indikaattori hyvinvointialueella
ssw-need-beside = Palvelutarpeen ennuste, muutos
ssw-no-links = Indikaattoreita tai ennusteita, joihin ilmiöitä voisi verrata, ei ole tässä julkaisussa.
ssw-needs = Palvelutarpeen ennuste
ssw-service = Palvelu
ssw-forecast = Ennuste { $year }
ssw-interval-80 = 80 %:n väli
ssw-need-caption = Palvelutarve vuodessa: { $area }
ssw-need-source = Lähde: palvelutarpeen ennuste, julkaisu { $edition }. Ennuste on mediaani.
ssw-validated = koeteltu
ssw-not-validated = suuntaa antava
ssw-not-validated-help = Suuntaa antava: ennusteen osuvuutta ei ole voitu kokeilla näin pitkälle. Lukua voi käyttää suunnan, ei määrän, arviointiin.
ssw-flag-break = kirjaamistapa on muuttunut
ssw-flag-incomplete = viimeiset kirjaukset puuttuvat
ssw-flag-structure-only = vain väestörakenteen vaikutus
ssw-flag-poorly-recorded = kirjaukset ovat myöhässä tai puutteellisia
ssw-flag-short-history = liian vähän vuosia kehityksen oppimiseen
ssw-flag-no-use = palvelua ei ole käytetty

ssw-gaps = Palveluaukot
ssw-gaps-intro = Palvelut, joita työntekijät ovat kirjanneet puuttuvan tai jäävän saamatta.
ssw-gaps-caption = Puuttuneet palvelut: { $area }
ssw-gap-column = Palvelu, joka puuttui
ssw-no-gaps = Palveluaukkoja ei ole kirjattu.

ssw-proposals = Toimenpide-ehdotukset
ssw-proposals-intro = Ehdotukset tulevat havainnoista. Vastaanottaja, vastuuhenkilö ja määräaika sovitaan, kun raportti käsitellään.
ssw-proposals-caption = Havainnoista nousseet ehdotukset: { $area }
ssw-proposal-column = Ehdotus
ssw-addressee = Vastaanottaja
ssw-owner = Vastuuhenkilö
ssw-due = Määräaika
ssw-status = Tila
ssw-to-agree = sovitaan
ssw-status-new = uusi
ssw-status-open = avoin
ssw-status-in-progress = käynnissä
ssw-status-done = toteutettu
ssw-status-rejected = ei toteuteta
ssw-no-proposals = Havainnoissa ei ole ehdotuksia.
ssw-earlier = Aiemmat ehdotukset
ssw-earlier-not-given = Aiempien ehdotusten luetteloa ei ole annettu, joten niiden toteutumista ei voi seurata tässä raportissa.
ssw-earlier-none = Alueelle ei ole kirjattu aiempia ehdotuksia.
ssw-earlier-caption = Mitä aiemmille ehdotuksille on tapahtunut
ssw-earlier-source = Lähde: hyvinvointialueen ehdotusluettelo.
ssw-made-on = Tehty
ssw-outcome = Mitä tapahtui

ssw-quality = Tietojen laatu ja luotettavuus
ssw-quality-intro = Indeksi kertoo, kuinka suuren osan tarkastuksista asiakirjat läpäisevät. Huonosti kirjatusta aineistosta laskettuun lukuun on syytä suhtautua varoen.
ssw-quality-caption = Kirjaamisen laatu: { $area }
ssw-figures = Luvut
ssw-why = Miksi
ssw-trust-caption = Kuinka paljon raportin lukuihin voi luottaa
ssw-trust-source = Rajat on kerrottu luvussa Menetelmä ja lähteet.
ssw-figures-population = Väestö
ssw-figures-indicators = Indikaattorit
ssw-figures-times = Käsittelyajat
ssw-figures-observations = Ilmiöt, palveluaukot ja ehdotukset
ssw-figures-need = Palvelutarpeen ennuste
ssw-why-official = Virallinen tilasto.
ssw-why-invented = Synteettistä aineistoa.
ssw-why-estimate = Hankkeen oma arvio virallisista tilastoista; suunta on luotettavampi kuin taso.
ssw-why-records-good = Asiakirjojen laatuindeksi on koko luottamusväliltään korkea.
ssw-why-records-fair = Asiakirjoissa on puutteita; aikojen suunta on luotettavampi kuin taso.
ssw-why-records-poor = Asiakirjoissa on paljon puutteita; ajat ovat suuntaa antavia.
ssw-why-records-unknown = Asiakirjojen laatua ei ole arvioitu tai asiakirjoja on liian vähän.
ssw-why-observations-good = Havaintoja on paljon ja useasta yksiköstä.
ssw-why-observations-fair = Havainnot tulevat harvasta yksiköstä tai kohderyhmä puuttuu usein.
ssw-why-observations-poor = Havaintoja on vähän.
ssw-why-observations-unknown = Havaintoja ei voi arvioida.
ssw-why-forecast-tested = Ennuste koskee koeteltua aikaa.
ssw-why-forecast-beyond = Osa ennusteesta ulottuu koetellun ajan ulkopuolelle tai lukuihin liittyy varauksia.

ssw-method = Menetelmä ja lähteet
ssw-method-law = Raportti perustuu sosiaalihuoltolain (1301/2014) 7 §:ään: tietoa asiakkaiden tarpeista, toimenpide-ehdotuksia ja niiden seurantaa.
ssw-method-counts = Tietosuoja: luvut 1–{ $top } on salattu, samoin ne luvut, joista salattu luku selviäisi laskemalla.
ssw-method-counts-rounded = Tietosuoja: palvelujen käytön luvut on pyöristetty satunnaisesti luvun { $base } kerrannaisiin, joten osien summa voi poiketa kokonaisluvusta. Sosiaalisten havaintojen ja asioiden luvut 1–{ $top } on salattu, samoin ne luvut, joista salattu luku selviäisi laskemalla.
ssw-method-rates = Ilmiöt: havaintojen määrä asukasta kohti ja tarkka Poisson-väli; muutos ja ero ovat kahden Poisson-luvun suhteita tarkkoine väleineen (95 %).
ssw-method-times = Käsittelyajat: mediaani Kaplanin ja Meierin menetelmällä, avoimet asiat odottavina. Saapumispäivä on päivä 0; lauantait ja pyhät eivät ole arkipäiviä (laki 150/1930).
ssw-method-need = Palvelutarve: väestöennuste, ikäryhmittäinen palvelujen käyttö ja niiden epävarmuus yhdessä; väli sisältää toteuman neljässä tapauksessa viidestä.
ssw-method-trust = Luotettavuus: hyvä, kun laatuindeksin väli on kokonaan vähintään { $good }; heikko, kun indeksi on alle { $poor }; alle { $documents } asiakirjasta ei arvioida. Havainnot: heikko, kun niitä on alle { $observations } vuodessa.
ssw-method-areas = Alueen kunnat: { $names }.

ssw-need-1 = Jokapäiväisestä elämästä selviytyminen
ssw-need-2 = Asuminen
ssw-need-3 = Taloudellinen tuki
ssw-need-4 = Sosiaalinen syrjäytyminen ja osallisuus
ssw-need-5 = Väkivalta ja kaltoinkohtelu
ssw-need-6 = Äkilliset kriisit
ssw-need-7 = Lapsen tasapainoinen kehitys ja hyvinvointi
ssw-need-8 = Päihteet, mielenterveys, sairaus, vamma tai ikääntyminen
ssw-need-9 = Muu toimintakyky
ssw-need-10 = Omaisten ja läheisten tukeminen

ssw-phenomenon-homelessness = Asunnottomuus
ssw-phenomenon-rent-arrears-and-eviction = Vuokravelka ja häätöuhka
ssw-phenomenon-over-indebtedness = Ylivelkaantuminen
ssw-phenomenon-insufficient-income = Toimeentulon riittämättömyys
ssw-phenomenon-food-aid = Ruoka-avun tarve
ssw-phenomenon-loneliness = Yksinäisyys
ssw-phenomenon-substance-abuse = Päihteiden ongelmakäyttö
ssw-phenomenon-mental-health-problems = Mielenterveyden ongelmat
ssw-phenomenon-domestic-violence = Lähisuhde- ja perheväkivalta
ssw-phenomenon-maltreatment = Kaltoinkohtelu
ssw-phenomenon-ill-being-of-children-and-young = Lasten ja nuorten pahoinvointi
ssw-phenomenon-school-absence = Koulupoissaolot
ssw-phenomenon-parenting-support = Vanhemmuuden tuen tarve
ssw-phenomenon-unemployment = Työttömyys
ssw-phenomenon-digital-exclusion = Digisyrjäytyminen
ssw-phenomenon-carer-strain = Omaishoitajien kuormitus
ssw-phenomenon-access-to-services-and-distances = Palvelujen saavutettavuus ja etäisyydet
ssw-phenomenon-situation-of-immigrants = Maahan muuttaneiden tilanne
ssw-phenomenon-gambling-problems = Rahapeliongelmat
ssw-phenomenon-crime-and-recruitment = Rikollisuus ja rikoksiin värvääminen
ssw-no-comparison = Muutoksesta ei voi sanoa mitään: vertailujakson luvut puuttuvat tai ne on salattu.

ssw-group-families = Lapsiperheet
ssw-group-single-parents = Yhden vanhemman perheet
ssw-group-children = Lapset
ssw-group-young-adults = Nuoret aikuiset
ssw-group-working-age = Työikäiset
ssw-group-unemployed = Työttömät
ssw-group-older-people = Iäkkäät
ssw-group-immigrants = Maahan muuttaneet
ssw-group-disabled-people = Vammaiset henkilöt
ssw-group-carers = Omaishoitajat

ssw-gap-housing-advice = Asumisneuvonta
ssw-gap-debt-counselling = Talous- ja velkaneuvonta
ssw-gap-low-threshold-mental-health = Matalan kynnyksen mielenterveyspalvelu
ssw-gap-home-help = Kotiapu
ssw-gap-transport = Kuljetuspalvelu

ssw-proposal-more-staff = Lisää työntekijöitä
ssw-proposal-outreach-work = Etsivä ja jalkautuva työ
ssw-proposal-cooperation-agreement = Yhteistyösopimus kunnan tai järjestön kanssa
ssw-proposal-group-activity = Ryhmätoiminta
ssw-proposal-information = Tiedotus ja neuvonta
ssw-proposal-low-threshold-point = Matalan kynnyksen palvelupiste

ssw-task-older-people = Iäkkäiden palvelut
ssw-task-families = Lapsiperheiden palvelut
ssw-task-child-protection = Lastensuojelu
ssw-task-family-law = Perheoikeudelliset palvelut
ssw-task-substance-abuse = Päihdehuolto
ssw-task-working-age = Työikäisten palvelut
ssw-task-disability = Vammaispalvelut
ssw-task-unstated = Ei merkitty

report-table-population = väestö
report-table-projection = väestöennuste
report-table-indicators = indikaattorit
report-table-service-events = palvelutapahtumat
report-table-service-counts = palvelujen käyttömäärät
report-table-waiting-list = jonot
report-table-documents = asiakirjat
report-table-observations = sosiaaliset havainnot

report-uncertain = { $figure } (epävarma)
ssw-caution-records = Luku on epävarma, koska asiakirjoissa on paljon puutteita.
ssw-caution-observations = Luku on epävarma, koska havaintoja on vähän.
ssw-needs-caption = Havainnot tuen tarpeittain: { $area }, { $period }
ssw-most-common = Yleisin ilmiö
ssw-clear-change = Selvä muutos edellisvuodesta
ssw-changed = { $phenomenon }: { $change }
ssw-at-least = vähintään { $count }
ssw-area = Alue
ssw-overdue = Myöhässä
ssw-status-overdue = { $status }, myöhässä
ssw-of-whole-county = { $proposal } (koko hyvinvointialue)
ssw-earlier-areas-caption = Aiemmat ehdotukset palvelualueittain
ssw-say-earlier = Aiempia ehdotuksia { $count }: toteutettu { $done }, kesken { $pending }, ei toteuteta { $rejected }.
ssw-say-overdue = { $count ->
    [one] { $count } keskeneräisen ehdotuksen määräaika on mennyt.
   *[other] { $count } keskeneräisen ehdotuksen määräaika on mennyt.
}
ssw-addressee-county-board = Aluehallitus
ssw-addressee-municipality = Kunta
ssw-addressee-service-board = Palvelulautakunta
ssw-addressee-associations = Järjestöt
ssw-owner-head-of-social-work = Sosiaalityön päällikkö
ssw-owner-service-manager = Palvelupäällikkö
ssw-owner-director-of-services = Palvelujohtaja
ssw-outcome-pilot = Kokeilu on käynnissä
ssw-outcome-in-budget = Raha on talousarviossa
ssw-outcome-established = Toiminta on vakiintunut
ssw-outcome-agreement-made = Sopimus on tehty
ssw-outcome-no-funding = Rahoitusta ei saatu
report-table-proposals = toimenpide-ehdotukset
report-table-wellbeing-referrals = hyvinvointilähetteet
ssw-hidden-phenomena = { $count ->
    [one] Yhden ilmiön luku on salattu tietosuojan vuoksi: { $names }.
   *[other] Salattu tietosuojan vuoksi { $count } ilmiön luvut: { $names }.
}
ssw-not-observed = { $count ->
    [one] Ilmiö, josta ei ole havaintoja jaksolla: { $names }.
   *[other] Ilmiöt, joista ei ole havaintoja jaksolla: { $names }.
}
