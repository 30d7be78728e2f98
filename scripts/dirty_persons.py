"""Makes a hard file of persons: about ten records each, many fields missing, many slips.

    python3 scripts/dirty_persons.py OUT.csv [--persons 5000] [--seed 1]

Synthetic people only; the truth is the column `person`. For trying `padan link` on a file where
clusters and blocking decide more than single pairs.
"""
import argparse
import csv
import random

FIRST = "john william james charles george frederick thomas henry robert edward joseph arthur alfred walter david richard samuel ernest albert francis harry hugh peter edwin herbert alexander leonard daniel philip frank andrew michael patrick stephen benjamin matthew percy sidney cecil reginald ralph mary elizabeth sarah annie florence margaret alice ethel edith ada emily jane ellen ann lilian dorothy catherine charlotte eliza harriet isabella maud gertrude agnes helen louisa emma martha frances clara rose beatrice mabel".split()
SYL = "ha wil mor ben stan ed tho ros cart mar pen wal den hol bur lan ash cran brad whit har kes tre pol car lin nor sut wes green black".split()
END = "son ton ley man ford well er wood field s ham worth by combe ridge land more".split()
TOWN = ["%s%s" % (a, b) for a in "ox cam bris man bath lei nor sal wey ply ex der hull stock black new old east west long".split() for b in "ford bridge tol chester bury ham mouth eter by port pool castle".split()]
JOBS = "politician writer painter engineer soldier cricketer priest actor physician lawyer musician architect botanist chemist".split()
NICK = {"william": ["bill", "will", "wm"], "robert": ["bob", "rob"], "elizabeth": ["liz", "betty", "eliza"], "thomas": ["tom", "thos"], "charles": ["charlie", "chas"], "james": ["jim", "jas"], "john": ["jack", "jno"], "edward": ["ted", "ned"], "margaret": ["peggy", "meg"], "richard": ["dick"], "henry": ["harry"], "frederick": ["fred"], "alexander": ["alex", "sandy"], "catherine": ["kate"], "mary": ["molly"], "joseph": ["joe"]}


def slip(rng, text):
    if len(text) < 2:
        return text
    at = rng.randrange(len(text))
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz") if text[at].isalpha() else rng.choice("0123456789")
    kind = rng.random()
    if kind < 0.4:
        return text[:at] + letter + text[at + 1:]
    if kind < 0.6:
        return text[:at] + text[at + 1:]
    if kind < 0.8:
        return text[:at] + letter + text[at:]
    at = min(at, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2:]


def person(rng, surnames):
    first = rng.choices(FIRST, [1 / (i + 3) for i in range(len(FIRST))])[0]
    names = [first] + [rng.choice(FIRST) for _ in range(rng.choice([0, 1, 1, 2]))]
    year = rng.randrange(1800, 1920)
    day = "01-01" if rng.random() < 0.15 else "%02d-%02d" % (rng.randrange(1, 13), rng.randrange(1, 29))
    town = rng.choices(TOWN, [1 / (i + 5) for i in range(len(TOWN))])[0]
    code = "%s%d %d%s" % (town[:2].upper(), rng.randrange(1, 60), rng.randrange(1, 10), "".join(rng.choices("ABDEFGHJLN", k=2)))
    return dict(first_name=" ".join(names), surname=rng.choices(surnames, [1 / (i + 20) for i in range(len(surnames))])[0], dob="%d-%s" % (year, day), birth_place=town, postcode=code, gender=rng.choice(["male", "female"]), occupation=rng.choice(JOBS))


def record(rng, p, clean, surnames):
    r = dict(p)
    if clean:
        return r
    words = r["first_name"].split()
    roll = rng.random()
    if roll < 0.35:
        words = words[:1]
    elif roll < 0.45 and len(words) > 1:
        words = [words[0], words[1][0]]
    if rng.random() < 0.12 and words[0] in NICK:
        words[0] = rng.choice(NICK[words[0]])
    r["first_name"] = " ".join(words)
    if rng.random() < 0.04:
        r["first_name"] = rng.choice(FIRST)
    if rng.random() < 0.05:
        r["surname"] = rng.choice(surnames)
    if rng.random() < 0.05:
        r["first_name"], r["surname"] = r["surname"], r["first_name"].split()[0]
    y, m, d = r["dob"].split("-")
    roll = rng.random()
    if roll < 0.10:
        r["dob"] = "%04d-%s-%s" % (int(y) + rng.choice([-1, 1, 10, -10]), m, d)
    elif roll < 0.20:
        r["dob"] = "%s-%02d-%02d" % (y, rng.randrange(1, 13), rng.randrange(1, 29))
    elif roll < 0.25:
        r["dob"] = "%s-01-01" % y
    if rng.random() < 0.25:
        r["postcode"] = r["postcode"].split()[0] + " %d%s" % (rng.randrange(1, 10), "".join(rng.choices("ABDEFGHJLN", k=2)))
    if rng.random() < 0.10:
        r["birth_place"] = rng.choice(TOWN)
    for k, p_slip, p_miss in [("first_name", 0.15, 0.08), ("surname", 0.15, 0.05), ("dob", 0.08, 0.20), ("birth_place", 0.10, 0.25), ("postcode", 0.10, 0.25), ("gender", 0, 0.4), ("occupation", 0, 0.5)]:
        if r[k] and rng.random() < p_slip:
            r[k] = slip(rng, r[k])
        if rng.random() < p_miss:
            r[k] = ""
    return r


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--persons", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    surnames = sorted({rng.choice(SYL) + rng.choice(SYL + [""]) + rng.choice(END) for _ in range(args.persons)})
    rng.shuffle(surnames)
    rows = []
    for number in range(args.persons):
        p = person(rng, surnames)
        family = rng.random() < 0.2
        rows.append((number, record(rng, p, True, surnames)))
        for _ in range(min(40, int(rng.expovariate(1 / 9)))):
            rows.append((number, record(rng, p, rng.random() < 0.1, surnames)))
        if family and number + 1 < args.persons:
            q = person(rng, surnames)
            q.update(surname=p["surname"], birth_place=p["birth_place"])
            for _ in range(min(20, int(rng.expovariate(1 / 5)))):
                rows.append((args.persons + number, record(rng, q, False, surnames)))
    rng.shuffle(rows)
    with open(args.out, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["rec_id", "person", "first_name", "surname", "dob", "birth_place", "postcode", "gender", "occupation"])
        for at, (number, r) in enumerate(rows):
            out.writerow([at, number] + [r[k] for k in ["first_name", "surname", "dob", "birth_place", "postcode", "gender", "occupation"]])


main()
