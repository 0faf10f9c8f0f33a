# Structural social work report. Names (area, phenomenon, service) stand as they are in every sentence.
report-contents = Contents
report-page-of = /
report-to-content = Skip to content
report-other-versions = Other formats and languages
report-as-pdf = PDF file
report-footer = Edition { $edition } · as of { $day }
report-unknown-code = { $code } (code without a name)
report-list-end = { $first } and { $last }
report-list-end-apart = { $first } as well as { $last }
report-working-days = { $count ->
    [one] { $count } working day
   *[other] { $count } working days
}
report-calendar-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
report-grade-good = good
report-grade-fair = fair
report-grade-poor = poor
report-grade-unknown = cannot be judged
report-dimension = Part of quality
report-dimension-completeness = Completeness
report-dimension-conformance = Conformance
report-dimension-timeliness = Timeliness
report-dimension-plausibility = Plausibility
report-dimension-overall = Overall
report-documents = Documents
report-index = Index
report-interval-95 = 95% interval
report-quality-source = Source: quality checks of the documents, as of { $day }.
report-sources = Sources
report-source = Source
report-source-vintage = Published or read
report-licence = Licence
report-source-note = Remark
report-no-sources = No list of sources was given.

ssw-title = Structural social work report
ssw-subtitle = { $area } – edition { $edition }
ssw-purpose = { $area }: what client work tells of people’s lives, how the population and the need for services are changing, what is proposed, and how far the figures can be trusted.

ssw-summary = Summary
ssw-key-population = Population
ssw-key-at-end = 31 December { $year }
ssw-key-seniors = Change in people aged 75 and over
ssw-key-span = { $first }–{ $last }
ssw-key-observations = Social observations
ssw-key-quality = Quality of records
ssw-key-trust = judged { $grade }
ssw-say-population = Population on 31 December { $year }: { $now }. Projection for { $horizon }: { $then } ({ $change }).
ssw-say-population-now = Population on 31 December { $year }: { $now }.
ssw-say-seniors = People aged 75 and over: { $now } in { $year } and { $then } in { $horizon } ({ $change }).
ssw-say-seniors-now = People aged 75 and over: { $now } in { $year }.
ssw-say-observations = { $count ->
    [one] Staff recorded { $count } social observation in { $period }.
   *[other] Staff recorded { $count } social observations in { $period }.
}
ssw-say-observations-hidden = The number of social observations in { $period } is withheld to protect privacy.
ssw-say-common = Most common phenomena: { $names }.
ssw-say-up = { $count ->
    [one] Clearly more common than the year before: { $names }.
   *[other] Clearly more common than the year before: { $names }.
}
ssw-say-down = { $count ->
    [one] Clearly less common than the year before: { $names }.
   *[other] Clearly less common than the year before: { $names }.
}
ssw-say-no-change = No phenomenon has changed from the year before by more than chance would explain.
ssw-step-to-assessment = Start of the assessment of service needs
ssw-step-to-decision = Decision in the case
ssw-say-times = { $step }: { $share } within the limit, median { $median }.
ssw-say-times-hidden = { $step }: median { $median }; the share within the limit is not shown.
ssw-say-need = The forecast need grows most in this service: { $service }, { $change } by { $year } (80% interval { $interval }).
ssw-say-need-falling = The need is not forecast to grow in any service. Smallest decrease: { $service }, { $change } by { $year } (80% interval { $interval }).
ssw-say-quality = Quality index of the records: { $index } (95% interval { $interval }), judged { $grade }.
ssw-say-quality-hidden = The quality index of the records is withheld because there are too few documents.
ssw-no-population = Population figures are not part of this edition.
ssw-no-observations = No social observations were delivered, so nothing can be said of phenomena, service gaps or proposals. Empty does not mean that there are none.
ssw-no-quality = The quality of the records was not checked in this edition.

ssw-surroundings = Population and surroundings
ssw-all-ages = All
ssw-age = Age
ssw-age-from = { $age } and over
ssw-persons = Persons
ssw-change-persons = Change, persons
ssw-change-share = Change, %
ssw-population-caption = Population by age: { $area }
ssw-population-figure = Population by age in { $first } and { $last }: { $area }
ssw-population-alt = Bar chart: persons by age group in { $first } and { $last }. { $parts }.
ssw-population-source = Source: population on 31 December { $year }, { $source } ({ $vintage }).
ssw-projection-source = Population projection: { $source } ({ $vintage }).
ssw-indicators = Indicators of the surroundings
ssw-indicators-intro = The indicators describe the whole population, not only clients. Where no municipal figures are published, the area is marked as having no data. Years are in brackets.
ssw-no-indicators = Open indicators were not fetched for this edition.
ssw-indicator = Indicator
ssw-indicator-caption = Open indicators
ssw-indicator-source = Source: { $source } ({ $vintage }).
ssw-this-area = Municipalities of the area
ssw-county = County
ssw-county-change = Change, { $years } years
ssw-country = Finland

ssw-casework = Clients and processing times
ssw-casework-intro = The figures come from the dates of documents in cases begun during the period. Cases still open count as waiting.
ssw-clock-assessment = Start of the assessment of service needs: compared with 7 working days from contact. The limit of section 36 of the Social Welfare Act binds for older people, recipients of the highest care allowance and children in need of special support; for others it is a yardstick.
ssw-clock-decision = Decision: compared with 3 months (92 days) from the start of the case. Under section 45 of the Social Welfare Act the decision must be carried out by then.
ssw-no-times = Processing times are not part of this edition because the dates of documents were not delivered.
ssw-task = Service task
ssw-all-tasks = All service tasks
ssw-reached = Cases begun
ssw-still-open = Still open
ssw-median = Median
ssw-within = Within the limit
ssw-trust = Reliability
ssw-share-above = over { $share }
ssw-not-half-yet = fewer than half done
ssw-times-caption-to-assessment = From start of the case to start of assessment: { $area }, cases begun { $period }
ssw-times-caption-to-decision = From start of the case to decision: { $area }, cases begun { $period }
ssw-times-source = Source: dates of documents, as of { $day }. Reliability: quality index of the service task’s documents.
ssw-poor-tasks = Records are poor, so the times are uncertain: { $names }.

ssw-phenomena = Phenomena observed
ssw-phenomena-intro = Social observations are notes by staff on the situations of clients. Period: { $period }. Compared with: { $before }. Phenomena are grouped by the support needs of section 11 of the Social Welfare Act.
ssw-observation-trust-good = Reliability: good. There are many observations from several units, and the group affected is usually told.
ssw-observation-trust-fair = Reliability: fair. There are enough observations, but they come from few units or often lack the group affected.
ssw-observation-trust-poor = Reliability: poor. There are few observations. The count tells more of how eagerly they are recorded than of how common a phenomenon is.
ssw-observation-trust-unknown = Reliability cannot be judged.
ssw-no-phenomena = No observations were recorded in either period.
ssw-observation-source = Source: social observations { $period }, as of { $day }.
ssw-per-thousand = Observations per 1,000 inhabitants
ssw-phenomenon = Phenomenon
ssw-need-column = Support need (section 11)
ssw-count = Observations
ssw-rate = Per 1,000 inhabitants (95% interval)
ssw-trend = Change from the year before
ssw-difference = Difference from the rest of the county
ssw-phenomenon-caption = Phenomena by support need: { $area }, { $period }
ssw-phenomenon-figure-area = Most common phenomena: { $area }. Upright line: whole county. Diamond: clear difference from the rest of the county.
ssw-phenomenon-figure-county = Most common phenomena: { $area }
ssw-phenomenon-alt = Dot plot: observations per 1,000 inhabitants with 95% intervals. { $parts }.
ssw-ratio-help = Change and difference are ratios: 1.0 means the same level, 2.0 twice as high. In brackets the 95% interval. A change or difference is clear when the interval does not contain 1.
ssw-trend-more = more common
ssw-trend-less = less common
ssw-trend-unclear = no clear change
ssw-difference-more = more common
ssw-difference-less = less common
ssw-difference-unclear = no clear difference
ssw-no-ratio = nothing to compare with
ssw-changes = What has changed, what sets the area apart
ssw-say-differs-up = { $count ->
    [one] Clearly more common than in the rest of the county: { $names }.
   *[other] Clearly more common than in the rest of the county: { $names }.
}
ssw-say-differs-down = { $count ->
    [one] Clearly less common than in the rest of the county: { $names }.
   *[other] Clearly less common than in the rest of the county: { $names }.
}
ssw-groups = Who is affected
ssw-groups-caption = Observations by group affected: { $area }
ssw-group-column = Group
ssw-groups-intro = Groups named most often for each phenomenon:
ssw-say-groups = { $phenomenon }: { $groups }.
ssw-no-groups = No groups were recorded.

ssw-links = Phenomena, indicators and need for services
ssw-association = Figures side by side show association, not cause. The number of observations also depends on how eagerly they are recorded.
ssw-links-caption = Phenomena beside indicators and forecast
ssw-links-source = Sources: { $sources }.
ssw-links-observations = social observations
ssw-links-indicators = THL Sotkanet (value and change in the county)
ssw-links-need = forecast of need
ssw-indicators-beside = Indicator in the county
ssw-need-beside = Forecast need, change
ssw-no-links = This edition has no indicators or forecasts to set beside the phenomena.
ssw-needs = Forecast need for services
ssw-service = Service
ssw-forecast = Forecast { $year }
ssw-interval-80 = 80% interval
ssw-need-caption = Need for services per year: { $area }
ssw-need-source = Source: forecast of need, edition { $edition }. The forecast is the median.
ssw-validated = tested
ssw-not-validated = indicative
ssw-not-validated-help = Indicative: the accuracy of the forecast could not be tested this far ahead. Use the figure for direction, not for amounts.
ssw-flag-break = way of recording has changed
ssw-flag-incomplete = latest records are missing
ssw-flag-structure-only = effect of population structure only
ssw-flag-poorly-recorded = records are late or poor
ssw-flag-short-history = too few years to learn a trend
ssw-flag-no-use = service not used before

ssw-gaps = Service gaps
ssw-gaps-intro = Services that staff have recorded as missing or not received.
ssw-gaps-caption = Missing services: { $area }
ssw-gap-column = Service that was missing
ssw-no-gaps = No service gaps were recorded.

ssw-proposals = Proposals
ssw-proposals-intro = The proposals come from the observations. Addressee, owner and deadline are agreed when the report is discussed.
ssw-proposals-caption = Proposals from the observations: { $area }
ssw-proposal-column = Proposal
ssw-addressee = Addressee
ssw-owner = Owner
ssw-due = Deadline
ssw-status = Status
ssw-to-agree = to be agreed
ssw-status-new = new
ssw-status-open = open
ssw-status-in-progress = in progress
ssw-status-done = done
ssw-status-rejected = not carried out
ssw-no-proposals = The observations contain no proposals.
ssw-earlier = Earlier proposals
ssw-earlier-not-given = No list of earlier proposals was given, so this report cannot follow what became of them.
ssw-earlier-none = No earlier proposals are on record for the area.
ssw-earlier-caption = What became of earlier proposals
ssw-earlier-source = Source: the county’s list of proposals.
ssw-made-on = Made
ssw-outcome = What happened

ssw-quality = Quality of the data and reliability
ssw-quality-intro = The index tells what share of the checks the documents pass. Read figures made from poorly kept records with caution.
ssw-quality-caption = Quality of records: { $area }
ssw-figures = Figures
ssw-why = Why
ssw-trust-caption = How far the figures of this report can be trusted
ssw-trust-source = The limits are told under Method and sources.
ssw-figures-population = Population
ssw-figures-indicators = Indicators
ssw-figures-times = Processing times
ssw-figures-observations = Phenomena, service gaps and proposals
ssw-figures-need = Forecast need for services
ssw-why-official = Official statistics.
ssw-why-invented = Synthetic data.
ssw-why-estimate = An estimate of this project from official statistics; the direction is surer than the level.
ssw-why-records-good = The quality index of the documents is high over its whole confidence interval.
ssw-why-records-fair = The documents have defects; the direction of the times is surer than their level.
ssw-why-records-poor = The documents have many defects; the times are indicative.
ssw-why-records-unknown = The quality of the documents was not judged, or there are too few of them.
ssw-why-observations-good = There are many observations from several units.
ssw-why-observations-fair = The observations come from few units or often lack the group affected.
ssw-why-observations-poor = There are few observations.
ssw-why-observations-unknown = The observations cannot be judged.
ssw-why-forecast-tested = The forecast is within the tested range.
ssw-why-forecast-beyond = Part of the forecast reaches beyond the tested range, or figures come with a caution.

ssw-method = Method and sources
ssw-method-law = The report rests on section 7 of the Social Welfare Act (1301/2014): knowledge of clients’ needs, proposals for action and their follow-up.
ssw-method-counts = Privacy: the numbers 1–{ $top } are withheld, and so are those from which a withheld number could be worked out.
ssw-method-counts-rounded = Privacy: counts of service use are rounded at random to multiples of { $base }, so parts need not add up to their whole. The numbers 1–{ $top } of social observations and cases are withheld, and so are those from which a withheld number could be worked out.
ssw-method-rates = Phenomena: observations per inhabitant with an exact Poisson interval; change and difference are ratios of two Poisson rates with exact 95% intervals.
ssw-method-times = Processing times: Kaplan–Meier median, open cases counted as waiting. The day of arrival is day 0; Saturdays and public holidays are not working days (act 150/1930).
ssw-method-need = Need for services: population projection and use of services by age group, with the uncertainty of both; the outcome falls within the interval four times out of five.
ssw-method-trust = Reliability: good when the whole interval of the quality index is at least { $good }; poor when the index is under { $poor }; fewer than { $documents } documents are not judged. Observations: poor when there are fewer than { $observations } in a year.
ssw-method-areas = Municipalities of the area: { $names }.

ssw-need-1 = Coping with daily life
ssw-need-2 = Housing
ssw-need-3 = Financial support
ssw-need-4 = Social exclusion and inclusion
ssw-need-5 = Violence and maltreatment
ssw-need-6 = Sudden crises
ssw-need-7 = A child’s balanced development and wellbeing
ssw-need-8 = Substance use, mental health, illness, disability or ageing
ssw-need-9 = Other functional capacity
ssw-need-10 = Support for family and friends

ssw-phenomenon-homelessness = Homelessness
ssw-phenomenon-rent-arrears-and-eviction = Rent arrears and threat of eviction
ssw-phenomenon-over-indebtedness = Over-indebtedness
ssw-phenomenon-insufficient-income = Insufficient income
ssw-phenomenon-food-aid = Need for food aid
ssw-phenomenon-loneliness = Loneliness
ssw-phenomenon-substance-abuse = Harmful substance use
ssw-phenomenon-mental-health-problems = Mental ill-health
ssw-phenomenon-domestic-violence = Intimate partner and family violence
ssw-phenomenon-maltreatment = Maltreatment
ssw-phenomenon-ill-being-of-children-and-young = Distress among children and young people
ssw-phenomenon-school-absence = School absence
ssw-phenomenon-parenting-support = Need for parenting support
ssw-phenomenon-unemployment = Unemployment
ssw-phenomenon-digital-exclusion = Digital exclusion
ssw-phenomenon-carer-strain = Strain on informal carers
ssw-phenomenon-access-to-services-and-distances = Access to services and distances
ssw-phenomenon-situation-of-immigrants = Situation of migrants
ssw-phenomenon-gambling-problems = Gambling problems
ssw-phenomenon-crime-and-recruitment = Crime and recruitment to crime
ssw-no-comparison = Nothing can be said of change: the figures of the comparison period are missing or hidden.

ssw-group-families = Families with children
ssw-group-single-parents = Single-parent families
ssw-group-children = Children
ssw-group-young-adults = Young adults
ssw-group-working-age = People of working age
ssw-group-unemployed = Unemployed people
ssw-group-older-people = Older people
ssw-group-immigrants = Immigrants
ssw-group-disabled-people = People with disabilities
ssw-group-carers = Informal carers

ssw-gap-housing-advice = Housing advice
ssw-gap-debt-counselling = Debt counselling
ssw-gap-low-threshold-mental-health = Low-threshold mental health service
ssw-gap-home-help = Home help
ssw-gap-transport = Transport service

ssw-proposal-more-staff = More staff
ssw-proposal-outreach-work = Outreach work
ssw-proposal-cooperation-agreement = Agreement with a municipality or an association
ssw-proposal-group-activity = Group activities
ssw-proposal-information = Information and advice
ssw-proposal-low-threshold-point = Low-threshold service point

ssw-task-older-people = Services for older people
ssw-task-families = Services for families with children
ssw-task-child-protection = Child protection
ssw-task-family-law = Family law services
ssw-task-substance-abuse = Substance abuse services
ssw-task-working-age = Services for people of working age
ssw-task-disability = Disability services
ssw-task-unstated = Not stated

report-table-population = population
report-table-projection = population projection
report-table-indicators = indicators
report-table-service-events = service events
report-table-service-counts = counts of service use
report-table-waiting-list = waiting lists
report-table-documents = documents
report-table-observations = social observations

report-uncertain = { $figure } (uncertain)
ssw-caution-records = This figure is uncertain, because the documents have many defects.
ssw-caution-observations = This figure is uncertain, because there are few observations.
ssw-needs-caption = Observations by need of support: { $area }, { $period }
ssw-most-common = Most common phenomenon
ssw-clear-change = Clear change from the year before
ssw-changed = { $phenomenon }: { $change }
ssw-at-least = at least { $count }
ssw-area = Area
ssw-overdue = Overdue
ssw-status-overdue = { $status }, overdue
ssw-of-whole-county = { $proposal } (the whole county)
ssw-earlier-areas-caption = Earlier proposals by service area
ssw-say-earlier = Earlier proposals: { $count }. Done { $done }, unfinished { $pending }, not to be done { $rejected }.
ssw-say-overdue = { $count ->
    [one] { $count } unfinished proposal is past its deadline.
   *[other] { $count } unfinished proposals are past their deadlines.
}
ssw-addressee-county-board = County board
ssw-addressee-municipality = Municipality
ssw-addressee-service-board = Service board
ssw-addressee-associations = Associations
ssw-owner-head-of-social-work = Head of social work
ssw-owner-service-manager = Service manager
ssw-owner-director-of-services = Director of services
ssw-outcome-pilot = A pilot is running
ssw-outcome-in-budget = The money is in the budget
ssw-outcome-established = The work is established
ssw-outcome-agreement-made = An agreement has been made
ssw-outcome-no-funding = No funding was granted
report-table-proposals = proposals
report-table-wellbeing-referrals = wellbeing referrals
ssw-hidden-phenomena = { $count ->
    [one] The figure of one phenomenon is hidden to protect privacy: { $names }.
   *[other] The figures of { $count } phenomena are hidden to protect privacy: { $names }.
}
ssw-not-observed = { $count ->
    [one] Phenomenon without observations in the period: { $names }.
   *[other] Phenomena without observations in the period: { $names }.
}
