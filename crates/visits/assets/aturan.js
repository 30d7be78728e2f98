// Rules of the questions: which are asked, what may be answered. Pure; the data are the instrument's.

/** Age in whole years on `today`, both YYYY-MM-DD; null when the day of birth is not known. */
export function age(born, today) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(born ?? "")) return null;
  const years = Number(today.slice(0, 4)) - Number(born.slice(0, 4));
  return today.slice(5) < born.slice(5) ? years - 1 : years;
}

/** Whether `field` is asked, given the answers of the same home or member. */
export function isAsked(field, answers, today) {
  if (field.asked_if) {
    const [column, values] = field.asked_if;
    if (!values.includes(Number(answers[column] ?? NaN))) return false;
  }
  const years = age(answers.birth_date, today);
  if (field.age_min !== undefined && years !== null && years < field.age_min) return false;
  if (field.age_max !== undefined && years !== null && years > field.age_max) return false;
  return true;
}

/** What is wrong with an answer, in words; null when nothing is. */
export function wrong(field, answers, today) {
  const value = answers[field.name];
  if (value === undefined || value === "") return "Belum dijawab.";
  if (field.kind === "date") {
    return /^\d{4}-\d{2}-\d{2}$/.test(value) && value <= today ? null : "Tanggal belum benar.";
  }
  const number = Number(value);
  if (!/^\d+$/.test(value)) return "Isi dengan angka.";
  if (field.codes.length && !field.codes.some(([code]) => code === number)) return "Pilih salah satu.";
  if (!field.codes.length && field.min !== undefined && number < field.min) return `Paling sedikit ${field.min}.`;
  if (!field.codes.length && field.max !== undefined && number > field.max) return `Paling banyak ${field.max}.`;
  if (field.contradicts) {
    const [own, column, others] = field.contradicts;
    if (number === own && others.includes(Number(answers[column] ?? NaN))) return "Bertentangan dengan jawaban sebelumnya.";
  }
  return null;
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" })[c]);
const element = (name, value) => (value === undefined || value === "" ? "" : `<${name}>${escaped(value)}</${name}>`);

/** The form as OpenRosa XML: the same shape as that of ODK Collect. Answers to questions that are
 *  not asked (any more) are left out. */
export function toXml(draft, questions, version, today) {
  const fields = (unit, answers, confirms) =>
    questions
      .filter((q) => q.unit === unit)
      .flatMap((q) => q.fields)
      .filter((f) => f.confirms === confirms && isAsked(f, answers, today))
      .map((f) => element(f.name, answers[f.name]))
      .join("");
  const members = draft.members
    .map((m) => `<member>${element("person", m.person)}${element("presence", m.presence)}${element("name", m.name)}${["1", "5"].includes(m.presence) ? fields("person", m, false) + fields("person", m, true) : ""}</member>`)
    .join("");
  const photos = Object.entries(draft.photos).map(([name, file]) => element(name, file)).join("");
  const complete = draft.result === "1";
  return `<data xmlns:orx="http://openrosa.org/xforms" id="groundcheck" version="${version}"><visit>${element("family", draft.entity)}${element("result", draft.result)}</visit>` +
    (complete ? `<home>${fields("family", draft.home, false)}</home><confirm>${fields("family", draft.home, true)}</confirm>${members}` : "") +
    `<photos>${photos}</photos>${element("place", draft.place)}${element("start", draft.start)}${element("end", draft.end)}<deviceid>peramban</deviceid>` +
    `<orx:meta><orx:instanceID>${draft.id}</orx:instanceID></orx:meta></data>`;
}
