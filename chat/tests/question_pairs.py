"""Questions that differ in one thing and mean another, and ways of asking the same; written for these tests."""

# (what they differ in, language, the one, the other)
_OPPOSITES = """
negation en | Is smoking allowed on the balcony? | Is smoking not allowed on the balcony?
negation en | Which employees get a company car? | Which employees get no company car?
negation en | Can I work from home with a permit? | Can I work from home without a permit?
negation en | Do interns receive sick pay? | Don't interns receive sick pay?
negation en | When may the door be left open? | When may the door never be left open?
negation en | Who has to wear a helmet? | Who does not have to wear a helmet?
negation en | Are contractors covered by the insurance? | Are contractors not covered by the insurance?
negation en | What happens if I report the loss? | What happens if I don't report the loss?
negation de | Ist Rauchen auf dem Balkon erlaubt? | Ist Rauchen auf dem Balkon nicht erlaubt?
negation de | Welche Mitarbeiter bekommen einen Dienstwagen? | Welche Mitarbeiter bekommen keinen Dienstwagen?
negation de | Darf ich mit Genehmigung von zu Hause arbeiten? | Darf ich ohne Genehmigung von zu Hause arbeiten?
negation de | Muss ich die Reise anmelden? | Muss ich die Reise nicht anmelden?
prefix en | Is paid leave possible in the first year? | Is unpaid leave possible in the first year?
prefix en | Which costs are refundable? | Which costs are non-refundable?
prefix en | Is the visitor Wi-Fi secure? | Is the visitor Wi-Fi insecure?
prefix en | How do I enable the alarm? | How do I disable the alarm?
prefix en | How do I install the client? | How do I uninstall the client?
prefix de | Gibt es bezahlten Urlaub im ersten Jahr? | Gibt es unbezahlten Urlaub im ersten Jahr?
prefix de | Welche Angaben sind gültig? | Welche Angaben sind ungültig?
number en | How many days off do I get after 5 years? | How many days off do I get after 15 years?
number en | What does the RB-203 cost? | What does the RB-204 cost?
number en | Is form HR-12 needed? | Is form HR-21 needed?
number en | What is the limit for 2 nights? | What is the limit for 3 nights?
number en | What are the rules of section 4.1? | What are the rules of section 4.2?
number en | Who lives on floor three? | Who lives on floor two?
number en | Is 1.5 hours of overtime paid? | Is 15 hours of overtime paid?
number en | What is stored at -5 degrees? | What is stored at 5 degrees?
number en | What is in the 2nd annex? | What is in the 3rd annex?
number de | Wie viele Tage gibt es nach 5 Jahren? | Wie viele Tage gibt es nach 10 Jahren?
number de | Was steht in § 7? | Was steht in § 8?
number de | Was kostet ein Zimmer für zwei Nächte? | Was kostet ein Zimmer für drei Nächte?
date en | What was the travel allowance in 2025? | What was the travel allowance in 2026?
date en | Is 24 December a holiday? | Is 25 December a holiday?
date en | What changes on 1 March? | What changes on 1 May?
date en | Is the office open on Monday? | Is the office open on Sunday?
date en | What is the deadline this year? | What is the deadline next year?
date en | What is the budget for Q1? | What is the budget for Q2?
date en | What is the allowance today? | What was the allowance yesterday?
date en | Who leads the team? | Who led the team?
date en | What is the rate? | What was the rate?
date de | Wie hoch ist der Satz 2025? | Wie hoch ist der Satz 2026?
date de | Hat das Büro am Montag offen? | Hat das Büro am Freitag offen?
date de | Was gilt ab dem 1. März? | Was gilt bis zum 1. März?
date de | Was war der Zuschuss? | Was ist der Zuschuss?
name en | Who manages the Berlin office? | Who manages the Limerick office?
name en | What is Anna's phone number? | What is Hanna's phone number?
name en | Does Tom report to Maria? | Does Maria report to Tom?
name en | How do I reach IT? | How do I reach HR?
name en | How does it work? | How does IT work?
name en | Is the Java course full? | Is the JavaScript course full?
name en | Where is the C++ guide? | Where is the C guide?
name en | What does Brackwater Ltd supply? | What does Blackwater Ltd supply?
name de | Wer leitet das Büro in Kassel? | Wer leitet das Büro in Berlin?
name de | Was liefert Müller? | Was liefert Möller?
unit en | What is the limit of 50 euros for? | What is the limit of 50 dollars for?
unit en | How many hours of notice are needed? | How many days of notice are needed?
unit en | Is 20 mm enough? | Is 20 cm enough?
unit en | Is the allowance per day taxed? | Is the allowance per month taxed?
unit en | Is 5 % interest charged? | Is 5 € interest charged?
unit en | Does the shift start at 6 am? | Does the shift start at 6 pm?
unit de | Wie viele Stunden vorher muss ich absagen? | Wie viele Tage vorher muss ich absagen?
unit de | Reichen 20 mm Abstand? | Reichen 20 cm Abstand?
comparison en | Which of the plans is cheaper? | Which of the plans is dearer?
comparison en | Which room is the largest? | Which room is the smallest?
comparison en | Which room is larger? | Which room is largest?
comparison en | What is the maximum stay? | What is the minimum stay?
comparison en | Do I need at least 3 offers? | Do I need at most 3 offers?
comparison en | What applies to orders over 500 EUR? | What applies to orders under 500 EUR?
comparison en | Who gets more than 30 days? | Who gets less than 30 days?
comparison en | Is the train faster than the car? | Is the car faster than the train?
comparison de | Welcher Tarif ist günstiger? | Welcher Tarif ist teurer?
comparison de | Brauche ich mindestens 3 Angebote? | Brauche ich höchstens 3 Angebote?
comparison de | Was gilt für Bestellungen über 500 Euro? | Was gilt für Bestellungen unter 500 Euro?
quantity en | Are all rooms accessible? | Are some rooms accessible?
quantity en | Must every page be signed? | Must any page be signed?
quantity en | Do both parents get leave? | Do either of the parents get leave?
quantity en | Who may enter the lab? | Who only may enter the lab?
quantity de | Sind alle Räume barrierefrei? | Sind manche Räume barrierefrei?
quantity de | Gilt das für jede Seite? | Gilt das für eine Seite?
time en | Do I pay before delivery? | Do I pay after delivery?
time en | What happens during probation? | What happens after probation?
time en | Is the canteen open until 14:00? | Is the canteen open from 14:00?
time en | What is the first step? | What is the last step?
time de | Zahle ich vor der Lieferung? | Zahle ich nach der Lieferung?
time de | Was ist der erste Schritt? | Was ist der letzte Schritt?
modality en | May I take the laptop home? | Must I take the laptop home?
modality en | Should visitors sign in? | Must visitors sign in?
modality de | Darf ich den Laptop mitnehmen? | Muss ich den Laptop mitnehmen?
role en | What does the employer pay? | What does the employee pay?
role en | Who insures the lessor? | Who insures the lessee?
role en | Can managers approve requests of employees? | Can employees approve requests of managers?
role en | How long is the trip from Cork to Dublin? | How long is the trip from Dublin to Cork?
role en | Who is the manager of the assistant? | Who is the assistant of the manager?
role en | Can you approve my expenses? | Can I approve your expenses?
role en | Who can I help? | Who can help me?
role en | Who do I call? | Who calls?
role en | Who is informed of the fire? | Who informed of the fire?
role en | Do teams pay for managers? | Do team managers pay?
role en | Who reports to sales? | Who reports on sales?
role de | Informiert der Chef den Kunden? | Informiert den Chef der Kunde?
role de | Was zahlen wir an Müller? | Was zahlen wir für Müller?
role de | Was zahlt der Arbeitgeber? | Was zahlt der Arbeitnehmer?
role de | Wie lange dauert die Fahrt von Kassel nach Bonn? | Wie lange dauert die Fahrt von Bonn nach Kassel?
verb en | When does the shop open? | When does the shop close?
verb en | How do I accept the offer? | How do I reject the offer?
verb en | Who can add members? | Who can remove members?
verb en | Why did sales increase in May? | Why did sales decrease in May?
verb en | Where do I check in? | Where do I check out?
verb de | Wann öffnet die Kantine? | Wann schließt die Kantine?
asked en | Who approves overtime? | When is overtime approved?
asked en | How many parking spaces are there? | Where are the parking spaces?
asked de | Wann wird das Gehalt gezahlt? | Wie wird das Gehalt gezahlt?
"""
# (language, the one, the other)
_PARAPHRASES = """
en | How many days of annual leave do I get? | How many annual leave days do I have?
en | How many days of annual leave do I get? | how many days of annual leave do we get
en | What is the notice period? | Could you tell me what the notice period is?
en | What is the notice period? | Hi, please tell me what our notice period is
en | Can I take the laptop home? | Am I allowed to take the laptop home?
en | Can I take the laptop home? | Is it allowed to take my laptop home?
en | What is the policy on remote work? | What's the remote work policy?
en | Do I have to sign the form? | Must I sign the form?
en | Do I need to sign the form? | Is it required to sign the form?
en | When does the car park open? | When do the car parks open?
en | How many visitors are allowed? | What number of visitors is allowed?
en | In the Limerick office, where do visitors park? | Where do visitors park in the Limerick office?
en | What is the maximum stay? | What is the max stay?
en | How many sick days do I get per year? | How many sick days do I get each year?
en | Who is responsible for data protection? | Who is in charge of data protection?
en | How do I request time off? | How can I apply for time off?
en | Where can I find the travel expense form? | Where is the travel expense form?
en | How long is parental leave? | What is the length of parental leave?
en | What is the dress code? | Is there a dress code and what is it?
en | How much does a parking permit cost? | What is the price of a parking permit?
en | How many weeks of notice do I have to give? | What notice must I give, in weeks?
en | Which form do I need for parental leave? | What form is required for parental leave?
de | Wie viele Urlaubstage habe ich? | Wie viele Urlaubstage bekomme ich?
de | Wie viele Urlaubstage habe ich? | Können Sie mir sagen, wie viele Urlaubstage ich habe?
de | Darf ich den Laptop mitnehmen? | Kann ich meinen Laptop mitnehmen?
de | Darf ich den Laptop mitnehmen? | Ist es erlaubt, den Laptop mitzunehmen?
de | Was kostet ein Parkplatz pro Monat? | Was kostet ein Parkplatz monatlich?
de | Wie lange ist die Kündigungsfrist? | wie lange ist die kündigungsfrist
de | Wie lange ist die Kündigungsfrist? | Wie lang ist unsere Kündigungsfrist?
de | Wo finde ich das Formular für Reisekosten? | Wo ist das Reisekostenformular?
"""


def opposites() -> list[tuple[str, str, str, str]]:
    """(what they differ in, language, the one, the other)."""
    rows = [[part.strip() for part in line.split("|")] for line in _OPPOSITES.strip().splitlines()]
    return [(*tuple(head.split()), one, other) for head, one, other in rows]  # type: ignore[misc]


def paraphrases() -> list[tuple[str, str, str]]:
    """(language, the one, the other)."""
    return [tuple(part.strip() for part in line.split("|")) for line in _PARAPHRASES.strip().splitlines()]  # type: ignore[misc]
