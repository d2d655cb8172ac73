// Makes the administrator with the password of the Secret, or gives it that password. Runs in mongosh and in mongo.
const user = 'root';
const file = '/etc/fdp/password/password';
const password = typeof require === 'function' ? require('fs').readFileSync(file, 'utf8') : cat(file);

function signsIn() {
  try {
    return Boolean(db.auth(user, password));
  } catch (error) {
    return false;
  }
}

if (!signsIn()) {
  if (db.getUser(user) === null) {
    db.createUser({ user: user, pwd: password, roles: [{ role: 'root', db: 'admin' }] });
  } else {
    db.updateUser(user, { pwd: password });
  }
  if (!signsIn()) {
    throw new Error('the administrator cannot sign in with the password that was just set');
  }
}
