"""Sentences of our own for the scorers of WebNLG and DART, and what official programs print.

Official: `gpt2_decode.py --tokenize --lower --ref_num 6` and `eval.py -nr 6 -m bleu,meteor,ter`
of microsoft/LoRA (commit c4593f0) with nltk 3.5, pyter3 0.3 and METEOR 1.5, on files without
a line end after the last line (see bench.metrics.triples).
"""

PREDICTIONS = [
    "Aarhus Airport serves the city of Aarhus in Denmark.",
    'The song "Blue Moon" was written by Anna Lee, who cannot read music.',
    "",
    "In 1,982 the snake_case bridge was opened; it's 3.5 km long.",
    "Denmark is led by the queen, and the leader of Aarhus is Jacob.",
    "São Paulo – Barajas is a café",
    "The dish, from Java, is eaten hot hot hot hot with rice.",
    "Alan Shepard was born in New Hampshire.\n\nAlan Shepard was born again.",
]
REFERENCES = [
    ["Aarhus Airport serves the city of Aarhus, Denmark.", "Aarhus is served by Aarhus Airport."],
    [
        'Anna Lee, who can not read music, wrote "Blue Moon".',
        "Blue Moon is a song by Anna Lee; she cannot read music.",
        "It was Anna Lee, unable to read music, who wrote the song 'Blue Moon'.",
    ],
    ["The airport is 25 metres above sea level."],
    ["The 3.5 km long bridge (snake_case) opened in 1982.", "snake_case opened in 1,982."],
    [
        "Jacob leads Aarhus in Denmark.",
        "The leader of Aarhus is Jacob, and Denmark is led by the queen.",
        "The queen leads Denmark; Jacob is the leader of Aarhus.",
        "In Denmark, led by the queen, Aarhus is led by Jacob.",
        "Aarhus, Denmark, has Jacob as its leader.",
        "A queen leads the country of Denmark and Jacob the city of Aarhus.",
        "Denmark is led by the queen, and the leader of Aarhus is Jacob.",
    ],
    ["São Paulo–Barajas is a café.", "The café is at SÃO PAULO – BARAJAS"],
    ["From Java comes the dish. It is eaten hot, with rice.", "Rice goes with the hot dish."],
    ["New Hampshire is where Alan Shepard was born.", "Alan Shepard's home is New Hampshire"],
]
OFFICIAL = {"BLEU": 0.5188, "METEOR": 0.4177354820471296, "TER": 0.4449900793650794}
"""BLEU as printed: 51.88; METEOR and TER before eval.py rounds them to two decimals."""
OFFICIAL_TER = [0.1, 0.4, 1, 6 / 7, 2 / 15, 0.125, 0.5, 4 / 9]
"""TER of each item."""
