"""Accuracy of `padan link` on files with known truth, one line each, to be run after every change.

    python3 benchmarks/link_accuracy/run.py --out DIR [--data DIR] [--bin target/release/examples]

Without --data only the files made here are judged: persons of four countries, each with its own way of
writing (DD/MM/YYYY with semicolons and a byte order mark, YYYYMMDD with tabs and quotes, two date
forms and Cyrillic column names, month names with bars), 150 persons, ten records, and a file without
doubles. --data names a folder with dataset3.csv, dataset4a.csv, dataset4b.csv (FEBRL), fake_1000.csv
(Splink) and orang_100k.parquet. Settings are what the guide tells a newcomer to write. All persons are
invented. Needs the examples `link` and `score` of the room linkage.
"""
import argparse
import csv
import json
import pathlib
import random
import subprocess
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONTHS = "January February March April May June July August September October November December".split()
BR = ("Maria José Ana João Antônio Francisco Carlos Paulo Pedro Lucas Luiz Marcos Luís Gabriel Rafael Daniel Marcelo Bruno Eduardo Felipe Antônia Adriana Juliana Márcia Fernanda Patrícia Aline Sandra Camila Jéssica Letícia Conceição Vitória",
      "Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa Ribeiro Martins Carvalho Almeida Lopes Soares Fernandes Vieira Barbosa Rocha Dias Nascimento Andrade Moreira Nunes Marques Machado Gonçalves Araújo Guimarães",
      "São Paulo|Rio de Janeiro|Belém|Goiânia|Maceió|Natal|Recife|Manaus|Cuiabá|Vitória")
VN = ("Văn Thị Hữu Đức Minh Thanh Ngọc Quốc Anh Hồng Xuân Thu Hà Lan Hương Mai Tuấn Hùng Dũng Sơn Phương Linh Trang Thảo Huyền Nhung Long Khánh Hải Nam",
      "Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý", "Hà Nội|Huế|Đà Nẵng|Cần Thơ|Hải Phòng|Nha Trang|Vinh|Đà Lạt")
RU = ("Иван Александр Сергей Дмитрий Алексей Андрей Михаил Николай Елена Ольга Наталья Анна Мария Татьяна Ирина Светлана Юлия Екатерина Владимир Павел Роман Юрий Олег Игорь",
      "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов", "Москва|Казань|Омск|Пермь|Уфа|Самара")
US = ("James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Margaret Mark Sandra",
      "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson O'Brien Walker", "Boston|Dallas|Austin|Denver|Miami")
US_COLUMNS = ["first", "last", "DOB", "sex", "ssn", "city", "phone"]


def iso(_, y, m, d):
    return "%04d-%02d-%02d" % (y, m, d)


# Name: words, persons, chance of one more record, date form, surnames, columns, delimiter, csv options.
WORLD = {
    "brazil.csv": (BR, 4000, 0.3, lambda r, y, m, d: "%02d/%02d/%04d" % (d, m, y), 2, ["nome", "sobrenome", "nascimento", "sexo", "cpf", "cidade", "telefone"], ";", "bom"),
    "vietnam.tsv": (VN, 3000, 0.4, lambda r, y, m, d: "%04d%02d%02d" % (y, m, d), 1, ["ten", "ho", "ngay_sinh", "gioi_tinh", "cccd", "tinh", "dien_thoai"], "\t", "quotes"),
    "russia.csv": (RU, 2500, 0.4, lambda r, y, m, d: r.choice(["%02d.%02d.%04d" % (d, m, y), iso(r, y, m, d)]), 1, ["имя", "фамилия", "дата", "пол", "снилс", "город", "тел"], ",", ""),
    "america.csv": (US, 3000, 0.35, lambda r, y, m, d: "%s %d, %d" % (MONTHS[m - 1], d, y) if r.random() < 0.3 else "%d/%d/%d" % (m, d, y), 1, US_COLUMNS, "|", ""),
    "small.csv": (US, 150, 0.4, iso, 1, US_COLUMNS, ",", ""),
    "tiny.csv": (US, 7, 0.4, iso, 1, US_COLUMNS, ",", ""),
    "no_doubles.csv": (US, 3000, 0.0, iso, 1, US_COLUMNS, ",", ""),
}
FEBRL = [("given_name", "jaro_winkler", 1), ("surname", "jaro_winkler", 1), ("date_of_birth", "date", 0), ("soc_sec_id", "damerau_levenshtein", 0), ("street_number", "damerau_levenshtein", 0), ("address_1", "jaro_winkler", 1), ("address_2", "jaro_winkler", 1), ("suburb", "jaro_winkler", 1), ("postcode", "damerau_levenshtein", 0), ("state", "exact", 0)]
FEBRL_RULES = [["soc_sec_id"], ["given_name", "surname"], ["given_name", "date_of_birth"], ["surname", "date_of_birth"], ["surname", "postcode"], ["given_name", "postcode"], ["date_of_birth", "postcode"], ["street_number", "postcode"], ["street_number", "address_1"], ["date_of_birth", "suburb"], ["date_of_birth"], ["sorted_words(given_name, surname)"], ["soundex(surname)", "year(date_of_birth)"], ["prefix(given_name, 3)", "date_of_birth"], ["soundex(surname)", "soundex(given_name)"], ["street_number", "suburb"], ["prefix(soc_sec_id, 4)"], ["suffix(soc_sec_id, 4)"]]
FAKE = [("first_name", "jaro_winkler", 1), ("surname", "jaro_winkler", 1), ("dob", "date", 0), ("city", "jaro_winkler", 1), ("email", "jaro_winkler", 0)]
FAKE_RULES = [["first_name", "surname"], ["surname", "dob"], ["first_name", "dob"], ["email"], ["soundex(surname)", "year(dob)"], ["dob", "city"], ["surname", "city"], ["dob"], ["surname"], ["first_name"], ["sorted_words(first_name, surname)"], ["prefix(email, 6)"]]


def slip(r, text):
    if len(text) < 2:
        return text
    at, kind = r.randrange(len(text) - 1), r.random()
    letter = r.choice("abcdefghijklmnopqrstuvwxyz") if text[at].isalpha() else r.choice("0123456789")
    if kind < 0.4:
        return text[:at] + letter + text[at + 1:]
    if kind < 0.6:
        return text[:at] + text[at + 1:]
    if kind < 0.8:
        return text[:at] + letter + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2:]


def copied(r, first, last, date, number, town, phone, towns):
    y, m, d = date
    first = first.split()[0] if r.random() < 0.2 else first
    first = slip(r, first) if r.random() < 0.1 else first
    last = slip(r, last) if r.random() < 0.1 else last
    last = last.split()[0] if r.random() < 0.05 else last
    first, last = (last, first) if r.random() < 0.05 else (first, last)
    m, d = ((d, m) if d <= 12 else (m, max(1, d - 1))) if r.random() < 0.06 else (m, d)
    y += r.choice([-10, -1, 1, 10]) if r.random() < 0.04 else 0
    number = slip(r, number) if r.random() < 0.1 else number
    number = "" if r.random() < 0.25 else number
    town = r.choice(towns) if r.random() < 0.2 else town
    phone = "0%09d" % r.randrange(10**9) if r.random() < 0.4 else phone
    first = (unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode() or first) if r.random() < 0.2 else first
    first, last = (first.upper(), last.upper()) if r.random() < 0.2 else (first, last)
    return first, last, (y, m, d), number, town, phone


def persons(seed, words, count, more, form, surnames):
    r, rows = random.Random(seed), []
    firsts, lasts, towns = words[0].split(), words[1].split(), words[2].split("|")
    draw = lambda names, flat: r.choices(names, [1 / (i + flat) for i in range(len(names))])[0]
    gap = lambda value: "" if r.random() < 0.08 else value
    for person in range(count):
        first = draw(firsts, 3) + (" " + r.choice(firsts) if r.random() < 0.4 else "")
        last = " ".join(draw(lasts, 8) for _ in range(surnames))
        whole = (first, last, (r.randrange(1935, 2020), r.randrange(1, 13), r.randrange(1, 29)), "%011d" % r.randrange(10**11), r.choice(towns), "0%09d" % r.randrange(10**9))
        sex, record = r.choice("MF"), whole
        while True:
            f, l, date, number, town, phone = record
            rows.append([f, gap(l), gap(form(r, *date)), gap(sex), number, gap(town), gap(phone), person])
            if r.random() >= more:
                break
            record = copied(r, *whole, towns)
    r.shuffle(rows)
    return rows


def settings(path, key, rules, compares):
    text = ['mode = "dedupe"', "[[input]]", "path = %s" % json.dumps(str(path)), 'id = "%s"' % key]
    for rule in rules:
        text += ["[[block]]", "keys = %s" % json.dumps(rule, ensure_ascii=False)]
    for column, method, tf in compares:
        text += ["[[compare]]", 'column = "%s"' % column, 'method = "%s"' % method] + (["term_frequency = true"] if tf else [])
    return "\n".join(text)


def world(out, seed, name):
    words, count, more, form, surnames, columns, delimiter, how = WORLD[name]
    with open(out / name, "w", encoding="utf-8-sig" if how == "bom" else "utf-8", newline="") as file:
        quoting = csv.QUOTE_ALL if how == "quotes" else csv.QUOTE_MINIMAL
        table = csv.writer(file, delimiter=delimiter, quoting=quoting)
        table.writerow(["id"] + columns + ["truth"])
        for at, row in enumerate(persons(seed, words, count, more, form, surnames)):
            table.writerow([at * 7 + 3] + row)
    f, l, d, s, i, t, p = [c if c.isascii() else "`%s`" % c for c in columns]
    rules = [[i], [p], ["sorted_words(%s, %s)" % (f, l)], [f, d], [l, d], ["soundex(%s)" % l, "year(%s)" % d], ["prefix(%s, 3)" % f, d], [d, t], ["prefix(%s, 6)" % i], ["suffix(%s, 6)" % i], [l, p], [d], [f], [l], ["soundex(%s)" % l, "soundex(%s)" % f]]
    compares = [(f, "name", 1), (l, "name", 1), (d, "date", 0), (s, "exact", 0), (i, "damerau_levenshtein", 0), (t, "jaro_winkler", 1), (p, "levenshtein", 0)]
    return settings(name, "id", rules, compares), ["--truth", str(out / name), "--id", "id", "--person", "truth"]


def judge(args, name, spec, truth):
    folder = args.out / name
    (args.out / (name + ".toml")).write_text(spec, encoding="utf-8")
    subprocess.run([args.bin / "link", args.out / (name + ".toml"), "--out", folder], check=True, capture_output=True)
    report = json.loads((folder / "report.json").read_text())
    found = subprocess.run([args.bin / "score", folder] + truth, check=True, capture_output=True, text=True).stdout
    lines = {line.split(":")[0].split(" at ")[0]: line.split(": ", 1)[-1] for line in found.splitlines()}
    cut = lambda key: lines.get(key, "").split(" (")[0]
    quality = report["quality"]
    print("%-12s clusters %s | pairs %s | best %s | expected P %.4f R %.4f | largest %d" % (name, cut("clusters"), cut("probability 0.5"), cut("best"), quality["expected_precision"], quality["expected_recall"], report["clusters"]["largest"]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target/release/examples")
    args = parser.parse_args()
    args.out = args.out.resolve()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.data:
        data = args.data.resolve()
        here = lambda name: (ROOT / "config/link" / name).read_text().replace('path = "', 'path = "%s/' % data)
        judge(args, "orang", here("orang.toml"), ["--truth", str(data / "orang_100k.parquet"), "--id", "rec_id", "--person", "person_id"])
        judge(args, "febrl3", settings(data / "dataset3.csv", "rec_id", FEBRL_RULES, FEBRL), ["--febrl"])
        judge(args, "febrl4", here("febrl4.toml"), ["--febrl", "--link"])
        judge(args, "fake_1000", settings(data / "fake_1000.csv", "unique_id", FAKE_RULES, FAKE), ["--truth", str(data / "fake_1000.csv"), "--id", "unique_id", "--person", "cluster"])
    for seed, name in enumerate(WORLD, 1):
        judge(args, name.split(".")[0], *world(args.out, seed, name))


if __name__ == "__main__":
    main()
