"""What the talkers say: lines with slots in seventeen languages, written for this corpus."""

# ruff: noqa: RUF001  (Cyrillic letters look like Latin ones)

import re

import numpy as np


def lines(language: str, rng: np.random.Generator) -> list[str]:
    """All lines of one language in a random order, their slots filled at random."""
    names, days, templates = LINES[language]
    fill = {
        "N": lambda: str(rng.integers(3, 90)),
        "H": lambda: str(rng.integers(2, 12)),
        "M": lambda: str(rng.integers(2, 12) * 5),
        "P": lambda: str(rng.choice(names.split())),
        "D": lambda: str(rng.choice(days.split())),
    }
    order = [str(line) for line in rng.permutation(templates.strip().split("\n"))]
    return [re.sub(r"\{([NHMPD])\}", lambda slot: fill[slot[1]](), line) for line in order]


# language: (names, days, one line a row); slots are N number, H hour, M minutes, P name, D day
LINES = {
    "en": (
        "Anna Oliver Grace Samir Ruth Victor Mei Joseph Clara Hugh",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        """
The train on platform {H} leaves at {H} {M}, and the next one only an hour later.
Did {P} call you back? I left the keys under the blue flower pot.
We sold {N} tickets on {D}, which is more than anyone expected.
Could you please turn the page and read the second paragraph aloud?
My grandmother kept bees for {N} years and never wore gloves.
If it rains on {D}, we will move the tables into the barn.
I would like a coffee with milk, and a slice of that chocolate cake.
{P}, wait a moment, your jacket is still hanging on the chair.
The museum opens at {H}, but the queue starts long before breakfast.
Nobody knew why the old clock had stopped at {H} {M}.
Yes, I agree with you, yet the numbers tell a different story.
Measure {N} grams of flour, add a pinch of salt, and stir slowly.
She crossed the bridge, turned around, and waved at us with both hands.
Our neighbours from the third floor are moving out on {D}.
What a strange question! I have never thought about it that way.
The river rose {N} centimetres overnight and flooded the lower fields.
Please remember to feed the cat while {P} and I are away.
There are three good reasons to leave early, and only one to stay.
He spoke quietly, almost whispering, as though the walls had ears.
The doctor will see you now; room {N}, down the corridor on the left.
They built the boat themselves from oak, rope, and a lot of patience.
Thank you for the letter, {P}. It arrived on {D} and made me laugh.
""",
    ),
    "de": (
        "Jonas Lena Ulrich Miriam Katrin Felix Sabine Yusuf",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        """
Der Zug nach Bremen fährt um {H} Uhr {M} von Gleis {H}.
Hast du {P} gefragt, ob er am {D} mitkommen will?
Wir haben gestern {N} Gläser Marmelade gekocht.
Entschuldigung, wo finde ich hier eine Apotheke?
Meine Schwester wohnt im {H}. Stock und hat keinen Aufzug.
Ach, das ist aber schade, ich hätte gern noch ein Stück Kuchen gegessen.
Am {D} bleibt die Bibliothek wegen einer Feier geschlossen.
Zuerst die Zwiebeln schneiden, dann alles zusammen in die Pfanne geben.
{P} hat sein Fahrrad selbst repariert, und jetzt quietscht es nicht mehr.
Das Wasser im See ist im Juni noch {N} Grad kalt, sagt der Bademeister.
Ich glaube nicht, dass wir das heute noch schaffen.
Bitte schließen Sie die Fenster, bevor Sie das Büro verlassen.
Vor {N} Jahren stand an dieser Stelle eine kleine Mühle.
Die Kinder lachten, rannten los und waren hinter dem Hügel verschwunden.
""",
    ),
    "fr": (
        "Camille Antoine Léa Mathieu Inès Gérard Sophie",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        """
Le train part à {H} heures {M}, il nous reste peu de temps.
Est-ce que {P} vient dîner avec nous {D} soir ?
J'ai compté {N} oiseaux sur le toit de la grange.
Excusez-moi, pourriez-vous répéter la dernière phrase ?
Ma tante habite une petite maison près de la rivière.
Il faut d'abord éplucher les pommes, puis les couper en quatre.
{P} a oublié ses lunettes sur la table de la cuisine.
Non, merci, je préfère marcher un peu, il fait si beau aujourd'hui.
La réunion de {D} est reportée à la semaine prochaine.
Nous avons payé {N} euros pour deux places au théâtre.
Quelle surprise de te voir ici, après toutes ces années !
Le boulanger ouvre à {H} heures, sauf le {D}.
On entendait au loin les cloches du village et le chant des grillons.
Fermez bien la porte, le chien adore se promener tout seul.
""",
    ),
    "es": (
        "Lucía Andrés Carmen Rodrigo Elena Tomás Pilar",
        "lunes martes miércoles jueves viernes sábado domingo",
        """
El autobús sale a las {H} y {M} de la plaza mayor.
¿Has hablado con {P} sobre la fiesta del {D}?
Compramos {N} naranjas en el mercado y sólo quedan tres.
Perdone, ¿sabe usted si hay una farmacia por aquí cerca?
Mi abuelo plantó este árbol hace {N} años, cuando nació mi madre.
Primero se calienta el aceite y después se añade el ajo.
{P} siempre llega tarde, pero esta vez fue la primera.
No me acuerdo de su nombre, aunque lo tengo en la punta de la lengua.
El {D} por la mañana subiremos a la montaña, si el tiempo lo permite.
La habitación cuesta {N} euros por noche con desayuno.
¡Qué alegría verte! Pasa, pasa, que hace frío.
Los niños dibujaron un barco enorme con velas amarillas.
Escriba aquí su dirección y firme en la última página, por favor.
""",
    ),
    "ca": (
        "Núria Jordi Mercè Pau Laia Oriol",
        "dilluns dimarts dimecres dijous divendres dissabte diumenge",
        """
El tren de les {H} surt de la via {H} amb una mica de retard.
Has parlat amb {P}? Diu que {D} no podrà venir.
Hem collit {N} quilos de tomàquets a l'hort del meu oncle.
Perdoni, em sap dir on para l'autobús que va a la platja?
La meva germana toca el violí des de fa {N} anys.
Primer s'escalfa l'oli i després s'hi afegeix la ceba ben picada.
{P} ha perdut el paraigua, com cada tardor.
Quin dia més bonic, anem a caminar a la vora del riu!
La biblioteca tanca {D} a la tarda.
Darrere del turó hi havia un molí vell amb les finestres vermelles.
Voldria dos cafès i un got d'aigua, si us plau.
L'habitació costa {N} euros per nit, amb l'esmorzar inclòs.
Ningú no sabia per què el rellotge s'havia aturat a les {H} i {M}.
""",
    ),
    "it": (
        "Giulia Marco Chiara Stefano Paola Renzo",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        """
Il treno delle {H} e {M} parte dal binario {H}.
Hai sentito {P}? Mi ha detto che {D} non può venire.
Abbiamo raccolto {N} chili di pomodori nell'orto di mio zio.
Scusi, dove si trova la fermata dell'autobus?
Mia sorella suona il violino da {N} anni.
Prima si fa bollire l'acqua, poi si aggiunge il sale grosso.
{P} ha perso l'ombrello, come succede ogni autunno.
Che bella giornata, andiamo a fare una passeggiata lungo il fiume!
La biblioteca resta chiusa {D} pomeriggio.
Non credo che sia una buona idea partire con questo tempo.
Vorrei due caffè e un bicchiere d'acqua, per favore.
Dietro la collina c'era un vecchio mulino con le finestre rosse.
""",
    ),
    "pt": (
        "Beatriz João Marta Rui Helena Duarte",
        "segunda terça quarta quinta sexta sábado domingo",
        """
O comboio parte às {H} e {M}, temos de correr.
Já falaste com a {P} sobre o almoço de {D}?
Comprámos {N} laranjas e um pão ainda quente.
Desculpe, pode dizer-me onde fica a estação?
O meu avô contava sempre a mesma história do farol.
Primeiro corta-se a cebola, depois junta-se o azeite.
{P} deixou o casaco no carro e agora está com frio.
Há {N} anos que não nevava nesta aldeia.
Que pena, a loja fecha mais cedo {D}.
Não sei se vale a pena esperar mais uma hora.
As crianças correram para a praia antes do pequeno almoço.
""",
    ),
    "nl": (
        "Sanne Pieter Lotte Bram Femke Joost",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        """
De trein vertrekt om {H} uur {M} van spoor {H}.
Heb jij {P} al gevraagd of hij {D} meegaat?
We hebben {N} appels geplukt en er een taart van gebakken.
Neem me niet kwalijk, is deze stoel nog vrij?
Mijn buurvrouw werkt al {N} jaar in dezelfde winkel.
Eerst de aardappels schillen en daarna een kwartier koken.
{P} is zijn sleutels weer eens kwijt.
Wat een mooi weer, laten we langs het kanaal fietsen.
Op {D} is de markt tot vijf uur open.
Ik denk niet dat het vandaag nog gaat regenen.
Achter de molen lag een smalle brug van oud hout.
""",
    ),
    "sv": (
        "Astrid Nils Ingrid Erik Maja Lars",
        "måndag tisdag onsdag torsdag fredag lördag söndag",
        """
Tåget går klockan {H} och {M} från spår {H}.
Har du pratat med {P} om middagen på {D}?
Vi plockade {N} liter blåbär i skogen bakom stugan.
Ursäkta, vet du var jag kan köpa frimärken?
Min farfar var fiskare i {N} år.
Först hackar man löken, sedan steker man den långsamt i smör.
{P} glömde sin halsduk på bussen igen.
Vilket fint väder, vi tar en promenad runt sjön.
Biblioteket är stängt på {D} eftermiddag.
Jag tror inte att det är någon bra idé.
Barnen byggde en snögubbe som var högre än dörren.
""",
    ),
    "pl": (
        "Zofia Marek Hanna Paweł Joanna Tomasz",
        "poniedziałek wtorek środę czwartek piątek sobotę niedzielę",
        """
Pociąg odjeżdża z peronu drugiego za {N} minut.
Czy {P} dzwoni do ciebie w każdą {D}?
Kupiliśmy {N} jabłek i jeszcze ciepły chleb.
Przepraszam, gdzie jest najbliższa apteka?
Moja babcia mieszka w małym domu nad rzeką.
Najpierw trzeba pokroić cebulę, potem dodać trochę masła.
{P} zawsze gubi parasol, nawet kiedy nie pada.
Jaka piękna pogoda, chodźmy na spacer do lasu.
Nie sądzę, żeby to był dobry pomysł.
Dzieci narysowały wielki statek z żółtymi żaglami.
Proszę zamknąć okna, zanim wyjdziecie z biura.
""",
    ),
    "cs": (
        "Jana Petr Lucie Ondřej Tereza Karel",
        "pondělí úterý středu čtvrtek pátek sobotu neděli",
        """
Vlak odjíždí za {N} minut z prvního nástupiště.
Mluvila jsi s ním o té oslavě v {D}?
Koupili jsme {N} jablek a ještě teplý chléb.
Promiňte, kde je tady nejbližší lékárna?
Moje teta bydlí v malém domku u řeky.
Nejdřív nakrájejte cibuli a potom přidejte trochu másla.
Jaké krásné počasí, pojďme se projít kolem rybníka.
Nemyslím si, že je to dobrý nápad.
Děti nakreslily velkou loď se žlutými plachtami.
Prosím, zavřete okna, než odejdete z kanceláře.
""",
    ),
    "fi": (
        "Aino Mikko Helmi Juhani Kerttu Otso",
        "maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina",
        """
Juna lähtee {N} minuutin kuluttua raiteelta {H}.
Tuleeko {P} meille syömään {D}?
Poimimme metsästä {N} litraa mustikoita.
Anteeksi, missä on lähin apteekki?
Isoisäni oli kalastajana koko elämänsä.
Ensin pilkotaan sipuli, sitten lisätään hieman voita.
{P} unohti taas hanskansa bussiin.
Onpa kaunis ilma, lähdetään kävelylle järven ympäri.
En usko, että tänään enää sataa.
Lapset rakensivat lumiukon, joka oli ovea korkeampi.
""",
    ),
    "ru": (
        "Наташа Игорь Марина Павел Ольга Степан",
        "понедельник вторник среду четверг пятницу субботу воскресенье",
        """
Поезд отправляется через {N} минут с первого пути.
Ты уже говорил с братом о празднике в {D}?
Мы купили на рынке яблоки, сыр и ещё тёплый хлеб.
Простите, где здесь ближайшая аптека?
Моя бабушка живёт в маленьком доме у реки.
Сначала нарежьте лук, а потом добавьте немного масла.
Какая прекрасная погода, пойдём погуляем вокруг озера.
Я не думаю, что это хорошая мысль.
Дети нарисовали большой корабль с жёлтыми парусами.
Закройте, пожалуйста, окна, когда будете уходить.
{P} опять забыла зонтик, хотя с утра шёл дождь.
""",
    ),
    "tr": (
        "Ayşe Murat Elif Kemal Zeynep Orhan",
        "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
        """
Tren {N} dakika sonra ikinci perondan kalkacak.
{P} ile {D} günkü yemek hakkında konuştun mu?
Pazardan {N} tane portakal ve sıcak ekmek aldık.
Affedersiniz, buralarda bir eczane var mı?
Dedem bu ağacı {N} yıl önce dikmiş.
Önce soğanı doğrayın, sonra biraz tereyağı ekleyin.
{P} şemsiyesini yine otobüste unutmuş.
Hava ne kadar güzel, gölün etrafında yürüyelim.
Bugün bunu bitirebileceğimizi sanmıyorum.
Çocuklar sarı yelkenli kocaman bir gemi çizdiler.
""",
    ),
    "id": (
        "Dewi Budi Sari Agus Ratna",
        "Senin Selasa Rabu Kamis Jumat Sabtu Minggu",
        """
Kereta berangkat pukul {H} lewat {M} dari jalur dua.
Apakah {P} akan datang makan malam hari {D}?
Kami membeli {N} buah jeruk dan roti yang masih hangat.
Permisi, di mana apotek yang paling dekat?
Nenek saya tinggal di rumah kecil di tepi sungai.
Pertama potong bawang, lalu tambahkan sedikit mentega.
{P} lupa membawa payung, padahal pagi tadi hujan.
Cuaca hari ini bagus sekali, mari kita berjalan ke danau.
Saya tidak yakin itu ide yang baik.
Anak-anak menggambar kapal besar dengan layar kuning.
""",
    ),
    "hi": (
        "अनिता राहुल मीरा विजय सुनीता",
        "सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार",
        """
गाड़ी {N} मिनट में दूसरे प्लेटफार्म से चलेगी।
क्या {P} {D} को खाने पर आएगी?
हमने बाज़ार से {N} संतरे और गरम रोटी खरीदी।
माफ़ कीजिए, यहाँ पास में दवा की दुकान कहाँ है?
मेरी दादी नदी के किनारे एक छोटे घर में रहती हैं।
पहले प्याज़ काटिए, फिर थोड़ा मक्खन डालिए।
आज मौसम बहुत अच्छा है, चलो झील तक घूमने चलते हैं।
मुझे नहीं लगता कि यह अच्छा विचार है।
बच्चों ने पीले पाल वाली एक बड़ी नाव बनाई।
""",
    ),
    "sw": (
        "Amina Juma Neema Baraka Zawadi",
        "Jumatatu Jumanne Jumatano Alhamisi Ijumaa Jumamosi",
        """
Treni itaondoka baada ya dakika {N} kutoka jukwaa la pili.
Je, {P} atakuja kula chakula nasi siku ya {D}?
Tulinunua machungwa {N} na mkate wa moto sokoni.
Samahani, duka la dawa liko wapi hapa karibu?
Bibi yangu anaishi katika nyumba ndogo kando ya mto.
Kwanza kata vitunguu, halafu ongeza siagi kidogo.
{P} amesahau mwavuli wake tena, na mvua inanyesha.
Hali ya hewa ni nzuri leo, twende tukatembee ziwani.
Sidhani kama hilo ni wazo zuri.
Watoto walichora meli kubwa yenye matanga ya njano.
""",
    ),
}
