# Rapport om strukturellt socialt arbete. Namn (område, fenomen, service) står alltid i grundform.
report-contents = Innehåll
report-page-of = /
report-to-content = Gå till innehållet
report-other-versions = Andra format och språk
report-as-pdf = PDF-fil
report-footer = Utgåva { $edition } · läget { $day }
report-unknown-code = { $code } (koden saknar namn)
report-list-end = { $first } och { $last }
report-list-end-apart = { $first } samt { $last }
report-working-days = { $count ->
    [one] { $count } vardag
   *[other] { $count } vardagar
}
report-calendar-days = { $count ->
    [one] { $count } dag
   *[other] { $count } dagar
}
report-grade-good = god
report-grade-fair = måttlig
report-grade-poor = svag
report-grade-unknown = kan inte bedömas
report-dimension = Del av kvaliteten
report-dimension-completeness = Fullständighet
report-dimension-conformance = Formell riktighet
report-dimension-timeliness = Aktualitet
report-dimension-plausibility = Rimlighet
report-dimension-overall = Helheten
report-documents = Handlingar
report-index = Index
report-interval-95 = 95 %-intervall
report-quality-source = Källa: kvalitetskontroll av handlingarna, läget { $day }.
report-sources = Källor
report-source = Källa
report-source-vintage = Tidpunkt
report-licence = Villkor
report-source-note = Anmärkning
report-no-sources = Källförteckningen saknas i denna utgåva.

ssw-title = Rapport om strukturellt socialt arbete
ssw-subtitle = { $area } – utgåva { $edition }
ssw-purpose = { $area }: vad klientarbetet berättar om människors situation, hur befolkningen och servicebehovet förändras, vad som föreslås och hur väl siffrorna håller.

ssw-summary = Sammanfattning
ssw-key-population = Folkmängd
ssw-key-at-end = 31.12.{ $year }
ssw-key-seniors = Förändring, personer som fyllt 75 år
ssw-key-span = { $first }–{ $last }
ssw-key-observations = Sociala iakttagelser
ssw-key-quality = Dokumentationens kvalitet
ssw-key-trust = bedömning: { $grade }
ssw-say-population = Folkmängd 31.12.{ $year }: { $now }. Prognos för { $horizon }: { $then } ({ $change }).
ssw-say-population-now = Folkmängd 31.12.{ $year }: { $now }.
ssw-say-seniors = Personer som fyllt 75 år: { $now } år { $year } och { $then } år { $horizon } ({ $change }).
ssw-say-seniors-now = Personer som fyllt 75 år: { $now } år { $year }.
ssw-say-observations = { $count ->
    [one] Personalen antecknade { $count } social iakttagelse under perioden { $period }.
   *[other] Personalen antecknade { $count } sociala iakttagelser under perioden { $period }.
}
ssw-say-observations-hidden = Antalet sociala iakttagelser under perioden { $period } är skyddat av dataskyddsskäl.
ssw-say-common = De vanligaste fenomenen: { $names }.
ssw-say-up = { $count ->
    [one] Fenomen som tydligt har blivit vanligare sedan året före: { $names }.
   *[other] Fenomen som tydligt har blivit vanligare sedan året före: { $names }.
}
ssw-say-down = { $count ->
    [one] Fenomen som tydligt har blivit ovanligare sedan året före: { $names }.
   *[other] Fenomen som tydligt har blivit ovanligare sedan året före: { $names }.
}
ssw-say-no-change = Inget fenomen har förändrats mer från året före än vad slumpen kan förklara.
ssw-step-to-assessment = Bedömningen av servicebehovet inleds
ssw-step-to-decision = Beslut i ärendet
ssw-say-times = { $step }: inom tidsfristen { $share }, median { $median }.
ssw-say-times-hidden = { $step }: median { $median }; andelen inom tidsfristen visas inte.
ssw-say-need = Servicebehovet väntas öka mest i denna service: { $service }, { $change } fram till { $year } (80 %-intervall { $interval }).
ssw-say-need-falling = Behovet väntas inte öka i någon service. Minst minskar: { $service }, { $change } fram till { $year } (80 %-intervall { $interval }).
ssw-say-quality = Kvalitetsindex för dokumentationen: { $index } (95 %-intervall { $interval }), bedömning: { $grade }.
ssw-say-quality-hidden = Kvalitetsindexet för dokumentationen är skyddat, eftersom handlingarna är för få.
ssw-no-population = Befolkningsuppgifter saknas i denna utgåva.
ssw-no-observations = Sociala iakttagelser har inte levererats, så ingenting kan sägas om fenomen, luckor i servicen och åtgärdsförslag. Tomt betyder inte att fenomen saknas.
ssw-no-quality = Dokumentationens kvalitet har inte kontrollerats i denna utgåva.

ssw-surroundings = Befolkning och omgivning
ssw-all-ages = Alla
ssw-age = Ålder
ssw-age-from = { $age } år och äldre
ssw-persons = Personer
ssw-change-persons = Förändring, personer
ssw-change-share = Förändring, %
ssw-population-caption = Befolkning efter ålder: { $area }
ssw-population-figure = Befolkning efter ålder { $first } och { $last }: { $area }
ssw-population-alt = Stapeldiagram: personer efter åldersgrupp { $first } och { $last }. { $parts }.
ssw-population-source = Källa: befolkningen 31.12.{ $year }, { $source } ({ $vintage }).
ssw-projection-source = Befolkningsprognos: { $source } ({ $vintage }).
ssw-indicators = Indikatorer om omgivningen
ssw-indicators-intro = Indikatorerna beskriver hela befolkningen, inte bara klienterna. Om uppgifter inte publiceras per kommun står det ”uppgift saknas” för området. Året anges inom parentes.
ssw-no-indicators = Öppna indikatorer har inte hämtats till denna utgåva.
ssw-indicator = Indikator
ssw-indicator-caption = Öppna indikatorer
ssw-indicator-source = Källa: { $source } ({ $vintage }).
ssw-this-area = Områdets kommuner
ssw-county = Välfärdsområdet
ssw-county-change = Förändring, { $years } år
ssw-country = Hela landet

ssw-casework = Klienter och handläggningstider
ssw-casework-intro = Siffrorna har räknats ur handlingarnas datum för ärenden som inletts under perioden. Ärenden som ännu är öppna räknas som väntande.
ssw-clock-assessment = Bedömningen av servicebehovet inleds: jämförs med 7 vardagar från kontakten. Tidsfristen i 36 § i socialvårdslagen gäller äldre personer, mottagare av det högsta vårdbidraget och barn som behöver särskilt stöd; för andra är den ett jämförelsetal.
ssw-clock-decision = Beslut: jämförs med 3 månader (92 dagar) från att ärendet inletts. Enligt 45 § i socialvårdslagen ska beslutet verkställas senast då.
ssw-no-times = Handläggningstider saknas i denna utgåva, eftersom handlingarnas datum inte har levererats.
ssw-task = Serviceuppgift
ssw-all-tasks = Alla serviceuppgifter
ssw-reached = Inledda ärenden
ssw-still-open = Ännu öppna
ssw-median = Median
ssw-within = Inom tidsfristen
ssw-trust = Tillförlitlighet
ssw-share-above = över { $share }
ssw-not-half-yet = färre än hälften klara
ssw-times-caption-to-assessment = Från inledande till påbörjad bedömning: { $area }, inledda { $period }
ssw-times-caption-to-decision = Från inledande till beslut: { $area }, inledda { $period }
ssw-times-source = Källa: handlingarnas datum, läget { $day }. Tillförlitlighet: kvalitetsindex för serviceuppgiftens handlingar.
ssw-poor-tasks = Dokumentationen är svag och tiderna därför osäkra: { $names }.

ssw-phenomena = Iakttagna fenomen
ssw-phenomena-intro = Sociala iakttagelser är personalens anteckningar om klienters situation. Period: { $period }. Jämförelseperiod: { $before }. Fenomenen är grupperade enligt stödbehoven i 11 § i socialvårdslagen.
ssw-observation-trust-good = Tillförlitlighet: god. Iakttagelserna är många, kommer från flera enheter och målgruppen är oftast angiven.
ssw-observation-trust-fair = Tillförlitlighet: måttlig. Iakttagelserna räcker till, men kommer från få enheter eller saknar ofta målgrupp.
ssw-observation-trust-poor = Tillförlitlighet: svag. Iakttagelserna är få. Talet säger mer om hur flitigt man antecknar än om hur vanligt fenomenet är.
ssw-observation-trust-unknown = Tillförlitligheten kan inte bedömas.
ssw-no-phenomena = Inga iakttagelser har antecknats under någondera perioden.
ssw-observation-source = Källa: sociala iakttagelser { $period }, läget { $day }.
ssw-per-thousand = Iakttagelser per 1 000 invånare
ssw-phenomenon = Fenomen
ssw-need-column = Stödbehov (11 § socialvårdslagen)
ssw-count = Iakttagelser
ssw-rate = Per 1 000 invånare (95 %-intervall)
ssw-trend = Förändring från året före
ssw-difference = Skillnad mot övriga välfärdsområdet
ssw-phenomenon-caption = Fenomen efter stödbehov: { $area }, { $period }
ssw-phenomenon-figure-area = De vanligaste fenomenen: { $area }. Lodrätt streck: hela välfärdsområdet. Romb: tydlig skillnad mot det övriga området.
ssw-phenomenon-figure-county = De vanligaste fenomenen: { $area }
ssw-phenomenon-alt = Punktdiagram: iakttagelser per 1 000 invånare och 95 %-intervall. { $parts }.
ssw-ratio-help = Förändring och skillnad är kvoter: 1,0 betyder samma nivå, 2,0 det dubbla. Inom parentes 95 %-intervall. Förändringen eller skillnaden är tydlig när intervallet inte innehåller talet 1.
ssw-trend-more = vanligare
ssw-trend-less = ovanligare
ssw-trend-unclear = ingen tydlig förändring
ssw-difference-more = vanligare
ssw-difference-less = ovanligare
ssw-difference-unclear = ingen tydlig skillnad
ssw-no-ratio = jämförelsetal saknas
ssw-changes = Vad har förändrats, vad skiljer området
ssw-say-differs-up = { $count ->
    [one] Tydligt vanligare än i det övriga välfärdsområdet: { $names }.
   *[other] Tydligt vanligare än i det övriga välfärdsområdet: { $names }.
}
ssw-say-differs-down = { $count ->
    [one] Tydligt ovanligare än i det övriga välfärdsområdet: { $names }.
   *[other] Tydligt ovanligare än i det övriga välfärdsområdet: { $names }.
}
ssw-groups = Vilka berörs
ssw-groups-caption = Iakttagelser efter målgrupp: { $area }
ssw-group-column = Målgrupp
ssw-groups-intro = De målgrupper som oftast nämns för varje fenomen:
ssw-say-groups = { $phenomenon }: { $groups }.
ssw-no-groups = Målgrupper har inte antecknats.

ssw-links = Fenomen, indikatorer och servicebehov
ssw-association = Siffrorna sida vid sida visar samband, inte orsak. Antalet iakttagelser beror också på hur flitigt de antecknas.
ssw-links-caption = Fenomenen bredvid indikatorer och prognos
ssw-links-source = Källor: { $sources }.
ssw-links-observations = sociala iakttagelser
ssw-links-indicators = THL Sotkanet (välfärdsområdets värde och förändring)
ssw-links-need = prognosen för servicebehovet
ssw-indicators-beside = Indikator i välfärdsområdet
ssw-need-beside = Prognos för servicebehovet, förändring
ssw-no-links = Indikatorer eller prognoser att jämföra fenomenen med saknas i denna utgåva.
ssw-needs = Prognos för servicebehovet
ssw-service = Service
ssw-forecast = Prognos { $year }
ssw-interval-80 = 80 %-intervall
ssw-need-caption = Servicebehov per år: { $area }
ssw-need-source = Källa: prognosen för servicebehovet, utgåva { $edition }. Prognosen är medianen.
ssw-validated = prövad
ssw-not-validated = riktgivande
ssw-not-validated-help = Riktgivande: prognosens träffsäkerhet har inte kunnat prövas så här långt fram. Siffran visar riktning, inte mängd.
ssw-flag-break = registreringssättet har ändrats
ssw-flag-incomplete = de senaste anteckningarna saknas
ssw-flag-structure-only = bara befolkningsstrukturens inverkan
ssw-flag-poorly-recorded = anteckningarna är sena eller bristfälliga
ssw-flag-short-history = för få år för att lära sig en trend
ssw-flag-no-use = servicen har inte använts

ssw-gaps = Luckor i servicen
ssw-gaps-intro = Service som personalen har antecknat att saknas eller att klienter blir utan.
ssw-gaps-caption = Service som saknades: { $area }
ssw-gap-column = Service som saknades
ssw-no-gaps = Inga luckor i servicen har antecknats.

ssw-proposals = Åtgärdsförslag
ssw-proposals-intro = Förslagen kommer ur iakttagelserna. Mottagare, ansvarig och tidsfrist avtalas när rapporten behandlas.
ssw-proposals-caption = Förslag ur iakttagelserna: { $area }
ssw-proposal-column = Förslag
ssw-addressee = Mottagare
ssw-owner = Ansvarig
ssw-due = Tidsfrist
ssw-status = Läge
ssw-to-agree = avtalas
ssw-status-new = nytt
ssw-status-open = öppet
ssw-status-in-progress = pågår
ssw-status-done = genomfört
ssw-status-rejected = genomförs inte
ssw-no-proposals = Iakttagelserna innehåller inga förslag.
ssw-earlier = Tidigare förslag
ssw-earlier-not-given = Någon förteckning över tidigare förslag har inte getts, så det går inte att följa upp dem i denna rapport.
ssw-earlier-none = Inga tidigare förslag har antecknats för området.
ssw-earlier-caption = Vad som har hänt med tidigare förslag
ssw-earlier-source = Källa: välfärdsområdets förteckning över förslag.
ssw-made-on = Lagt
ssw-outcome = Vad som hände

ssw-quality = Uppgifternas kvalitet och tillförlitlighet
ssw-quality-intro = Indexet visar hur stor del av kontrollerna handlingarna klarar. Siffror ur bristfälligt antecknade uppgifter ska läsas med försiktighet.
ssw-quality-caption = Dokumentationens kvalitet: { $area }
ssw-figures = Siffror
ssw-why = Varför
ssw-trust-caption = Hur väl rapportens siffror håller
ssw-trust-source = Gränserna beskrivs i avsnittet Metod och källor.
ssw-figures-population = Befolkning
ssw-figures-indicators = Indikatorer
ssw-figures-times = Handläggningstider
ssw-figures-observations = Fenomen, luckor i servicen och förslag
ssw-figures-need = Prognos för servicebehovet
ssw-why-official = Officiell statistik.
ssw-why-invented = Syntetiskt material.
ssw-why-estimate = Projektets egen uppskattning utifrån officiell statistik; riktningen är säkrare än nivån.
ssw-why-records-good = Handlingarnas kvalitetsindex är högt i hela konfidensintervallet.
ssw-why-records-fair = Handlingarna har brister; tidernas riktning är säkrare än nivån.
ssw-why-records-poor = Handlingarna har stora brister; tiderna är riktgivande.
ssw-why-records-unknown = Handlingarnas kvalitet har inte bedömts eller handlingarna är för få.
ssw-why-observations-good = Iakttagelserna är många och kommer från flera enheter.
ssw-why-observations-fair = Iakttagelserna kommer från få enheter eller saknar ofta målgrupp.
ssw-why-observations-poor = Iakttagelserna är få.
ssw-why-observations-unknown = Iakttagelserna kan inte bedömas.
ssw-why-forecast-tested = Prognosen gäller en prövad tid.
ssw-why-forecast-beyond = En del av prognosen går längre än den prövade tiden eller siffrorna har förbehåll.

ssw-method = Metod och källor
ssw-method-law = Rapporten bygger på 7 § i socialvårdslagen (1301/2014): kunskap om klienternas behov, åtgärdsförslag och uppföljning av dem.
ssw-method-counts = Dataskydd: talen 1–{ $top } är skyddade, liksom de tal som skulle röja ett skyddat tal genom uträkning.
ssw-method-counts-rounded = Dataskydd: talen om hur service används är slumpmässigt avrundade till multiplar av { $base }, så summan av delar kan avvika från det hela. Talen 1–{ $top } för sociala observationer och ärenden är skyddade, liksom de tal som skulle röja ett skyddat tal genom uträkning.
ssw-method-rates = Fenomen: iakttagelser per invånare med exakt Poissonintervall; förändring och skillnad är kvoter mellan två Poissontal med exakta intervall (95 %).
ssw-method-times = Handläggningstider: median enligt Kaplan och Meier, öppna ärenden räknas som väntande. Ankomstdagen är dag 0; lördagar och helgdagar är inte vardagar (lagen 150/1930).
ssw-method-need = Servicebehov: befolkningsprognos och serviceanvändning per åldersgrupp med osäkerheten i båda; utfallet hamnar i intervallet fyra gånger av fem.
ssw-method-trust = Tillförlitlighet: god när hela kvalitetsindexets intervall är minst { $good }; svag när indexet är under { $poor }; färre än { $documents } handlingar bedöms inte. Iakttagelser: svag när de är färre än { $observations } på ett år.
ssw-method-areas = Områdets kommuner: { $names }.

ssw-need-1 = Att klara det dagliga livet
ssw-need-2 = Boende
ssw-need-3 = Ekonomiskt stöd
ssw-need-4 = Social utslagning och delaktighet
ssw-need-5 = Våld och illabehandling
ssw-need-6 = Akuta kriser
ssw-need-7 = Barnets balanserade utveckling och välfärd
ssw-need-8 = Missbruk, psykisk hälsa, sjukdom, funktionsnedsättning eller åldrande
ssw-need-9 = Annan funktionsförmåga
ssw-need-10 = Stöd till anhöriga och närstående

ssw-phenomenon-homelessness = Bostadslöshet
ssw-phenomenon-rent-arrears-and-eviction = Hyresskulder och hot om vräkning
ssw-phenomenon-over-indebtedness = Överskuldsättning
ssw-phenomenon-insufficient-income = Otillräcklig utkomst
ssw-phenomenon-food-aid = Behov av mathjälp
ssw-phenomenon-loneliness = Ensamhet
ssw-phenomenon-substance-abuse = Missbruk av rusmedel
ssw-phenomenon-mental-health-problems = Psykisk ohälsa
ssw-phenomenon-domestic-violence = Våld i nära relationer och i familjen
ssw-phenomenon-maltreatment = Illabehandling
ssw-phenomenon-ill-being-of-children-and-young = Illamående bland barn och unga
ssw-phenomenon-school-absence = Skolfrånvaro
ssw-phenomenon-parenting-support = Behov av stöd i föräldraskapet
ssw-phenomenon-unemployment = Arbetslöshet
ssw-phenomenon-digital-exclusion = Digitalt utanförskap
ssw-phenomenon-carer-strain = Närståendevårdares belastning
ssw-phenomenon-access-to-services-and-distances = Servicens tillgänglighet och avstånd
ssw-phenomenon-situation-of-immigrants = Invandrades situation
ssw-phenomenon-gambling-problems = Problem med penningspel
ssw-phenomenon-crime-and-recruitment = Brottslighet och rekrytering till brott
ssw-no-comparison = Om förändringen kan inget sägas: jämförelseperiodens siffror saknas eller är skyddade.

ssw-group-families = Barnfamiljer
ssw-group-single-parents = Familjer med en förälder
ssw-group-children = Barn
ssw-group-young-adults = Unga vuxna
ssw-group-working-age = Personer i arbetsför ålder
ssw-group-unemployed = Arbetslösa
ssw-group-older-people = Äldre
ssw-group-immigrants = Invandrade
ssw-group-disabled-people = Personer med funktionsnedsättning
ssw-group-carers = Närståendevårdare

ssw-gap-housing-advice = Boenderådgivning
ssw-gap-debt-counselling = Ekonomi- och skuldrådgivning
ssw-gap-low-threshold-mental-health = Psykisk hälsovård med låg tröskel
ssw-gap-home-help = Hemhjälp
ssw-gap-transport = Färdtjänst

ssw-proposal-more-staff = Mer personal
ssw-proposal-outreach-work = Uppsökande arbete
ssw-proposal-cooperation-agreement = Samarbetsavtal med kommunen eller en organisation
ssw-proposal-group-activity = Gruppverksamhet
ssw-proposal-information = Information och rådgivning
ssw-proposal-low-threshold-point = Servicepunkt med låg tröskel

ssw-task-older-people = Service för äldre
ssw-task-families = Service för barnfamiljer
ssw-task-child-protection = Barnskydd
ssw-task-family-law = Familjerättsliga tjänster
ssw-task-substance-abuse = Missbrukarvård
ssw-task-working-age = Service för personer i arbetsför ålder
ssw-task-disability = Funktionshindersservice
ssw-task-unstated = Inte angiven

report-table-population = befolkning
report-table-projection = befolkningsprognos
report-table-indicators = indikatorer
report-table-service-events = servicehändelser
report-table-service-counts = antal servicebesök
report-table-waiting-list = köer
report-table-documents = handlingar
report-table-observations = sociala iakttagelser

report-uncertain = { $figure } (osäkert)
ssw-caution-records = Siffran är osäker, eftersom handlingarna har många brister.
ssw-caution-observations = Siffran är osäker, eftersom iakttagelserna är få.
ssw-needs-caption = Iakttagelser enligt stödbehov: { $area }, { $period }
ssw-most-common = Vanligaste fenomenet
ssw-clear-change = Tydlig förändring sedan året före
ssw-changed = { $phenomenon }: { $change }
ssw-at-least = minst { $count }
ssw-area = Område
ssw-overdue = Försenade
ssw-status-overdue = { $status }, försenat
ssw-of-whole-county = { $proposal } (hela välfärdsområdet)
ssw-earlier-areas-caption = Tidigare förslag per serviceområde
ssw-say-earlier = Tidigare förslag { $count }: genomförda { $done }, under arbete { $pending }, genomförs inte { $rejected }.
ssw-say-overdue = { $count ->
    [one] Tidsfristen har gått ut för { $count } förslag under arbete.
   *[other] Tidsfristen har gått ut för { $count } förslag under arbete.
}
ssw-addressee-county-board = Välfärdsområdesstyrelsen
ssw-addressee-municipality = Kommunen
ssw-addressee-service-board = Servicenämnden
ssw-addressee-associations = Organisationerna
ssw-owner-head-of-social-work = Chefen för socialarbetet
ssw-owner-service-manager = Servicechefen
ssw-owner-director-of-services = Servicedirektören
ssw-outcome-pilot = Ett försök pågår
ssw-outcome-in-budget = Pengarna finns i budgeten
ssw-outcome-established = Verksamheten är etablerad
ssw-outcome-agreement-made = Ett avtal har ingåtts
ssw-outcome-no-funding = Finansiering beviljades inte
report-table-proposals = åtgärdsförslag
report-table-wellbeing-referrals = välfärdsremisser
ssw-hidden-phenomena = { $count ->
    [one] Siffran för ett fenomen är skyddad av dataskyddsskäl: { $names }.
   *[other] Siffrorna för { $count } fenomen är skyddade av dataskyddsskäl: { $names }.
}
ssw-not-observed = { $count ->
    [one] Fenomen utan iakttagelser under perioden: { $names }.
   *[other] Fenomen utan iakttagelser under perioden: { $names }.
}
