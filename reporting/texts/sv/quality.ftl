# Rapport om dokumentationens kvalitet och enhetens arbetslista.
rq-title = Rapport om dokumentationens kvalitet
rq-summary = Sammanfattning
rq-purpose = Hur väl handlingarna är dokumenterade, vad som behöver rättas och vad som lönar sig att göra först. Rapporten bedömer dokumentationen, inte de anställda.
rq-no-scores = Handlingarnas kvalitet har inte kontrollerats i denna utgåva.
rq-none = ingen
rq-key-index = Kvalitetsindex
rq-key-documents = Kontrollerade handlingar
rq-key-below = Under slumpens gränser
rq-key-signals = Tecken på förändring
rq-of-units = { $count ->
    [one] av { $count } enhet
   *[other] av { $count } enheter
}
rq-six-months = de senaste 6 månaderna
rq-say-index = Kvalitetsindex: { $index }, bedömning: { $grade }. Indexet är den vägda andelen godkända kontroller.
rq-say-weakest = Svagaste delen av kvaliteten: { $name }, { $index }.
rq-say-below = { $count ->
    [one] { $count } enhet ligger under det som slumpen kan förklara.
   *[other] { $count } enheter ligger under det som slumpen kan förklara.
}
rq-say-none-below = Ingen enhet ligger under det som slumpen kan förklara.
rq-say-above = { $count ->
    [one] { $count } enhet är bättre än slumpen kan förklara: av den finns något att lära.
   *[other] { $count } enheter är bättre än slumpen kan förklara: av dem finns något att lära.
}
rq-say-defect = Den vanligaste bristen gäller denna kontroll: { $rule } ({ $share } av de kontrollerade underkänns).

rq-areas = Serviceområden
rq-areas-intro = Områdena står i indelningens ordning, inte i rangordning. Intervallet visar hur säkert indexet är.
rq-areas-figure = Kvalitetsindex per område med 95 %-intervall. Lodrätt streck: välfärdsområdet.
rq-areas-alt = Punktdiagram: kvalitetsindex per område. { $parts }.
rq-areas-caption = Kvalitetsindex per område
rq-index-axis = Kvalitetsindex
rq-area = Område
rq-overall-interval = Helheten (95 %-intervall)

rq-units = Enheter
rq-units-intro = I trattdiagrammet är varje punkt en enhet, och den grå stapeln är det intervall där slumpen kan lämna en lika stor enhet med likadana ärenden. Inom stapeln kan skillnaderna bero på slumpen, därför rangordnas enheterna inte.
rq-funnel-figure = Enheternas kvalitetsindex och slumpens gränser. Röd romb: under gränserna. Grön triangel: över gränserna.
rq-funnel-alt = Trattdiagram: { $units ->
    [one] { $units } enhet
   *[other] { $units } enheter
}, utanför gränserna { $outside }. Utanför: { $names }.
rq-units-caption = Enheternas kvalitetsindex
rq-units-help = Det utjämnade indexet drar en liten enhets värde mot områdets nivå. Slumpens gränser är beräknade för antalet och arten av enhetens handlingar.
rq-unit = Enhet
rq-index-interval = Index (95 %-intervall)
rq-shrunk = Utjämnat
rq-limits = Slumpens gränser
rq-side = Läge
rq-side-below = under gränserna
rq-side-just-below = strax under gränserna
rq-side-above = över gränserna
rq-side-just-above = strax över gränserna
rq-side-inside = inom gränserna
rq-side-unjudged = inga gränser

rq-changes = Förändring över tid
rq-changes-intro = Styrdiagrammet jämför enhetens månader med dess egen vanliga nivå. Talet är andelen brister i kontrollerna. Röd romb: fler brister än vanligt. Grön triangel: färre. Den tunna linjen är den vanliga nivån, de streckade linjerna är slumpens gränser.
rq-no-changes = Styrdiagram har inte beräknats i denna utgåva.
rq-no-signals = { $count ->
    [one] Inga tecken på förändring under de senaste sex månaderna ({ $count } enhet följs).
   *[other] Inga tecken på förändring under de senaste sex månaderna ({ $count } enheter följs).
}
rq-changes-caption = Enheter vars dokumentation har förändrats mer än slumpen kan förklara
rq-month = Månad
rq-rate = Brister
rq-usual = Vanlig nivå
rq-direction = Riktning
rq-worse = fler brister
rq-better = färre brister
rq-gathered = { $direction } (gradvis)
rq-gathered-help = Gradvis: månaden själv ligger inom slumpens gränser. Tecknet kommer av små avvikelser åt samma håll under flera månader, som tillsammans är mer än slumpen skulle förklara.
rq-control-figure = Styrdiagram: { $unit }
rq-control-alt = Linjediagram: andelen brister per månad, { $unit }. Månader { $months }, tecken på förändring { $signals }.

rq-outside-caption = Enheter utanför slumpens gränser
rq-all-units = Alla enheter
rq-findings = Nya och åtgärdade brister
rq-findings-intro = En brist följs med handlingens och kontrollens kod. Ny: fanns inte i den förra utgåvan. Kvarstående: fanns redan då. Åtgärdad: handlingen klarar nu kontrollen.
rq-findings-caption = Brister sedan den förra utgåvan ({ $against })
rq-no-earlier-edition = Det finns ingen tidigare utgåva att jämföra med.
rq-new = Nya
rq-persisting = Kvarstående
rq-fixed = Åtgärdade

rq-defects = De vanligaste bristerna och vad man kan göra
rq-defects-intro = Kontrollen säger hur handlingen ska vara. Andelen är andelen handlingar som inte klarar kontrollen.
rq-defects-caption = De vanligaste bristerna: { $area }
rq-no-defects = Kontrollerna hittade inga brister.
rq-area-defects = De vanligaste bristerna per område
rq-say-area-defects = { $area }: { $names }.
rq-not-so = ”{ $rule }” stämmer inte: { $share }
rq-area-defects-intro = Inom citattecken står hur det ska vara. Andelen visar i hur många av de kontrollerade handlingarna det inte är så. Först står det som har flest brister.
rq-check = Kontroll
rq-check-failed = Kontroll som inte klarats
rq-severity = Allvarlighetsgrad
rq-severity-fatal = allvarlig
rq-severity-convention = ska rättas
rq-severity-characterization = följs upp
rq-failed = Brister
rq-share = Andel
rq-mend = Vad man kan göra

rq-clocks = Lagens tidsfrister
rq-clocks-caption = Tidsfrister per område
rq-short-to-assessment = Bedömningen inleds
rq-short-to-decision = Beslut
rq-clock-median = { $step }: median
rq-clock-within = { $step }: inom tidsfristen

rq-denominators = Vad som har kontrollerats och vad som lämnats utanför
rq-denominators-intro = Nämnaren för varje kontroll. Gäller inte: handlingen omfattas inte av kontrollen. Kan inte avgöras: en uppgift som kontrollen behöver saknas.
rq-denominators-caption = Kontrollerna, deras grunder och nämnare
rq-no-cells = Siffror per kontroll har inte levererats.
rq-source = Grund
rq-eligible = Kontrollerade
rq-not-applicable = Gäller inte
rq-not-evaluable = Kan inte avgöras

rq-method = Metod
rq-method-index = Index: andelen godkända kontroller av dem som gäller handlingen; en allvarlig kontroll har vikten 4, en som ska rättas 2, en som följs upp räknas inte.
rq-method-interval = Intervall: ett 95 %-konfidensintervall som tar hänsyn till att handlingar skrivna av samma person liknar varandra. Om intervallet är smalare än de decimaler som visas, anges hur nära talet det ligger (±).
rq-method-funnel = Slumpens gränser: en enhet med lika många handlingar och vanlig kvalitet ligger nästan alltid inom gränserna.
rq-method-change = Tecken på förändring: en månad ligger utanför gränserna för enhetens egen nivå, eller flera månader i rad ligger på samma sida.
rq-method-privacy = Dataskydd: talen 1–{ $top } och enheter med färre än { $smallest } handlingar är skyddade, liksom de tal som skulle röja ett skyddat tal genom uträkning.
rq-method-privacy-rounded = Dataskydd: områdenas tal för handlingar, kontroller och brister är slumpmässigt avrundade till multiplar av { $base }, så summan av delar kan avvika från det hela. Övriga tal 1–{ $top } och enheter med färre än { $smallest } handlingar är skyddade, liksom de tal som skulle röja ett skyddat tal genom uträkning.
rq-method-people = Enskilda anställda bedöms inte. Förteckningen över handlingar att rätta går bara till enhetens egen chef.

rq-unit-title = Enhetens dokumentationskvalitet
rq-unit-private = Endast för enhetens chef: { $unit }. Siffrorna är enhetens egna och inte skyddade. Sprid dem inte vidare.
rq-key-to-mend = Handlingar att rätta
rq-defects-in-all = { $count ->
    [one] sammanlagt { $count } brist
   *[other] sammanlagt { $count } brister
}
rq-unit-below = Kvalitetsindexet är lägre än slumpen förklarar med så här många handlingar.
rq-unit-above = Kvalitetsindexet är högre än slumpen förklarar med så här många handlingar.
rq-unit-inside = Kvalitetsindexet ligger inom slumpens gränser.
rq-unit-unjudged = För enheten har inga slumpgränser beräknats.
rq-unit-hidden = Handlingarna är för få för att kvaliteten ska kunna bedömas.
rq-unit-worse = Bristerna har ökat jämfört med enhetens egen nivå, senast i { $month }.
rq-unit-better = Bristerna har minskat jämfört med enhetens egen nivå, senast i { $month }.
rq-unit-gathered = Månaden själv ligger inom slumpens gränser: förändringen syns i små avvikelser åt samma håll under flera månader.
rq-unit-findings = Sedan den förra utgåvan: nya brister { $new }, kvarstående { $persisting }, åtgärdade { $fixed }.
rq-unit-indices = Kvalitetsindex
rq-unit-indices-caption = Enhetens kvalitetsindex (95 %-intervall) bredvid områdets och hela välfärdsområdets
rq-unit-funnel = Enheten bland de andra. Grå stapel: slumpens gränser. Romb: den här enheten.
rq-unit-funnel-alt = Trattdiagram: enhetens kvalitetsindex { $index }, slumpens gränser { $limits }, andra enheter { $units }.
rq-unit-defects-caption = Enhetens vanligaste brister
rq-unit-clocks = Tidsfrister i enhetens serviceuppgifter: { $area }
rq-work-list-csv = Arbetslistan som tabell (CSV)

rq-work-list = Arbetslista: handlingar att rätta
rq-work-list-private = Endast för enhetens chef: { $unit }. Förteckningen innehåller handlingars beteckningar och klienternas pseudonymer. Sprid den inte vidare.
rq-work-list-intro = { $documents ->
    [one] Det finns { $documents } handling att rätta
   *[other] Det finns { $documents } handlingar att rätta
}, { $defects ->
    [one] sammanlagt { $defects } brist.
   *[other] sammanlagt { $defects } brister.
} Först kommer handlingar med de allvarligaste och äldsta bristerna.
rq-work-list-caption = Handlingar att rätta: { $unit }
rq-work-list-cut = Sidan visar de { $shown } första raderna. Alla { $defects } rader finns i CSV-filen.
rq-document = Handling
rq-client = Klientens pseudonym
rq-type = Handlingstyp
rq-priority = Ordning
rq-since = Från och med
rq-age = Ålder, dagar
rq-units-hidden = { $count ->
    [one] { $count } enhet bedöms inte, eftersom den har för få handlingar eller dess tal skulle avslöja en annan enhets tal.
   *[other] { $count } enheter bedöms inte, eftersom de har för få handlingar eller deras tal skulle avslöja en annan enhets tal.
}
rq-type-notification = Kontakt eller anmälan
rq-type-assessment = Bedömning av servicebehovet
rq-type-client-plan = Klientplan
rq-type-decision = Beslut
rq-type-case-note = Anteckning i klientrapporten
rq-type-closing-summary = Sammandrag
rq-unit-unknown = okänd
rq-unit-of = { $place }: { $service }
rq-basis-population-decree = statsrådets förordning om befolkningsdatasystemet
rq-basis-time-limits-act = lagen om beräknande av laga tid
rq-basis-metadata = nationella metadatamodellen för handlingar
rq-basis-processes = serviceprocesserna inom socialvården
rq-basis-structures = Sosmeta, handlingsstrukturer
rq-basis-municipalities = välfärdsområdets kommuner
rq-basis-duties = välfärdsområdets arbetsfördelning
rq-basis-limit = välfärdsområdets egen tidsfrist
rq-basis-social-welfare-act = socialvårdslagen
rq-basis-child-welfare-act = barnskyddslagen
rq-basis-client-data-act = kunduppgiftslagen
rq-basis-regulations = förvaltningsstadgan
rq-basis-instruction = dokumentationsanvisningen
rq-basis-administration-act = förvaltningslagen
rq-basis-article = artikeln
rq-basis-and = och
rq-basis-local = välfärdsområdets egen kontroll

# Blankett för dem som granskar ett urval av handlingar
audit-column-question = Fråga
audit-column-document = Handling
audit-column-type = Handlingstyp
audit-column-check = Vad som granskas
audit-column-meaning = När det är en brist
audit-column-answer = Svar ({ $words })
audit-column-note = Anmärkning (inga personuppgifter)
audit-column-reader = Granskare
audit-answer-ok = i sin ordning
audit-answer-defect = brist
audit-answer-unclear = oklart

rq-mend-first = Vad som bör rättas först
rq-mend-first-intro = Ordning: bristens allvar × antal × den andel som ännu kan rättas. Sista kolumnen visar hur många procentenheter enhetens kvalitetsindex stiger när bristerna rättas.
rq-defects-count = Brister
rq-oldest = Äldsta, dagar
rq-index-gain = Indexet stiger, procentenheter

# Processen och granskningen
rq-process = Klientprocessen
rq-process-intro = Ett ärende går från fas till fas: inledande, bedömning av servicebehovet, planering, beslut, genomförande av servicen och avslutande. Ärendet avviker när en fas har antecknats första gången först efter en senare fas. En återgång till en tidigare fas och ett återöppnat ärende är inga avvikelser. Med är ärenden där minst två faser har antecknats.
rq-process-caption = Ärenden som följt den väntade ordningen efter serviceuppgift, 95 %-intervall
rq-task = Serviceuppgift
rq-all-tasks = Alla uppgifter
rq-cases-judged = Ärenden
rq-conform = I väntad ordning
rq-deviate = Avviker
rq-cost-days = Avvikelsens längd, dagar (median)
rq-process-times = Tider mellan faserna
rq-process-times-intro = Median i dagar; inom parentes tiden inom vilken nio ärenden av tio har gått vidare. Ärenden som ännu väntar är med som väntande (Kaplan–Meier). Överhoppade faser är inte med. Dagarna är kalenderdagar från datumet på den första handlingen i en fas till datumet på den första handlingen i nästa fas. I kapitlet ”{ rq-clocks }” avses något annat med att bedömningen inleds: vardagar från kontakten till den antecknade första dagen, som kommer före datumet på bedömningens handling.
rq-process-times-caption = Dagar från en fas till nästa efter serviceuppgift
rq-not-half-yet = ännu inte hälften
rq-process-stalls = Var de öppna ärendena finns
rq-process-stalls-intro = Öppna ärenden efter den senast antecknade fasen. Längre än vanligt: längre än nio av tio ärenden i samma serviceuppgift i välfärdsområdet.
rq-process-stalls-caption = Öppna ärenden efter fas
rq-phase = Fas
rq-open-cases = Öppna ärenden
rq-days-in-phase = Dagar i fasen (median)
rq-longer-than-usual = Längre än vanligt
rq-phase-initiation = Inledande
rq-phase-assessment = Bedömning
rq-phase-planning = Planering
rq-phase-decision = Beslut
rq-phase-service = Service
rq-phase-closing = Avslutande
rq-audit = Hur tillförlitliga kontrollerna är
rq-audit-none = Inga ifyllda granskningsblanketter har lämnats tillbaka, så kontrollernas tillförlitlighet har inte mätts. Enheternas blanketter har lottats för denna utgåva.
rq-audit-intro = Människor läste lottade handlingar i källsystemet. Träffsäkerhet: hur stor del av kontrollernas fynd som är brister även enligt läsaren. Täckning: hur stor del av de brister som läsaren ser som kontrollerna hittar. Kappa visar hur eniga två läsare var (1 = helt, 0 = som av en slump). När bristerna är få sänker redan några misstag av läsaren täckningen mycket.
rq-audit-caption = Kontrollernas träffsäkerhet och täckning, 95 %-intervall
rq-audit-checks = Kontroller
rq-audit-read = Lästa
rq-audit-precision = Träffsäkerhet
rq-audit-sensitivity = Täckning
rq-audit-kappa = Kappa
rq-audit-source = Källa: välfärdsområdets egen granskning, läget { $day }

rq-profile = Kvalitet efter serviceuppgift och handlingstyp
rq-profile-intro = Uppgifterna rangordnas inte: i deras handlingar ska olika saker antecknas. Viktningens inverkan visar var indexet skulle ligga om allvarliga och andra brister vägdes annorlunda (1:1–8:2; det publicerade indexet 4:2).
rq-profile-service-task = Kvalitetsindex efter serviceuppgift
rq-profile-document-type = Kvalitetsindex efter handlingstyp
rq-weights-band = Viktningens inverkan
rq-all-documents = Alla

# Vad kontrollerna tar av indexet
rq-losses = Vad som sänker kvalitetsindexet
rq-losses-intro = Hur många procentenheter varje kontroll tar av kvalitetsindexet: antalet brister gånger kontrollens vikt, i förhållande till allt som kontrollerats. Raderna summerar till det som indexet saknar till hundra procent.
rq-losses-caption = Kontrollernas inverkan på kvalitetsindexet: { $place }
rq-losses-others = { $count ->
    [one] Annan eller skyddad kontroll ({ $count })
   *[other] Övriga och skyddade kontroller ({ $count })
}
rq-losses-whole = Sammanlagt
rq-points = Tar av indexet, procentenheter
rq-unit-elsewhere = { $count ->
    [one] Indexen gäller handlingar om klienter i området { $area }. Enheten har dessutom { $count } handling om klienter i andra områden; den är med i bristerna och styrdiagrammet.
   *[other] Indexen gäller handlingar om klienter i området { $area }. Enheten har dessutom { $count } handlingar om klienter i andra områden; de är med i bristerna och styrdiagrammet.
}

# Handlingarnas slag och texternas längd
rq-shifts = Förändringar i vad som dokumenteras
rq-shifts-intro = Handlingstypernas andelar och texternas längd jämförs med enhetens egen historia; förändringar i hela välfärdsområdet har beaktats. En förändring är ingen brist: arbetet eller dokumentationssättet kan ha ändrats.
rq-no-shifts = Ingen enhet har under de senaste sex månaderna ändrat sina handlingstypers andelar eller sina texters längd mer än slumpen kan förklara.
rq-no-own-shifts = Handlingstypernas andelar och texternas längd har under de senaste sex månaderna inte ändrats mer än slumpen kan förklara.
rq-shifts-caption = Andelar som har förändrats mer än slumpen kan förklara
rq-shift-what = Vad som har förändrats
rq-shift-short-text = Korta texter
rq-shift-long-text = Ovanligt långa texter
rq-shift-up = andelen har ökat
rq-shift-down = andelen har minskat
rq-shift-figure = Styrdiagram: { $unit }, { $subject }
rq-shift-alt = Linjediagram: andel per månad, { $unit }, { $subject }. Månader { $months }, tecken på förändring { $signals }.
