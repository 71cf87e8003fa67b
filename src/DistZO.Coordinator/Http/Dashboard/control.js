// Pause, resume, stop; the token, if one is asked for, stays in this page's memory alone.

let token = null;

const ask = ({ title, text, yes, secret }) => new Promise(resolve => {
  const dialog = byId('ask');
  const input = byId('askToken');
  setText(byId('askTitle'), title);
  setText(byId('askText'), text);
  setText(byId('askYes'), yes);
  [input.hidden, input.value] = [!secret, ''];
  const end = answer => { dialog.close(); resolve(answer); };
  byId('askYes').onclick = () => end(secret ? input.value : true);
  byId('askNo').onclick = () => end(null);
  input.onkeydown = e => { if (e.key === 'Enter') end(input.value); };
  // Escape. Not the event close, which comes late: the next question would take it for its own.
  dialog.oncancel = () => end(null);
  dialog.showModal();
  (secret ? input : byId('askNo')).focus();
});

const tell = (text, bad) => {
  const notice = byId('notice');
  notice.hidden = !text;
  notice.className = bad ? 'notice bad' : 'notice';
  setText(notice, text ?? '');
};

const command = async name => {
  for (;;) {
    const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
    let response;
    try {
      response = await fetch(`/v1/${name}`, { method: 'POST', headers });
    } catch {
      tell(`${name}: the coordinator does not answer`, true);
      return;
    }
    if (response.ok) { tell(null); take(await response.json()); return; }
    const problem = await response.json().catch(() => ({}));
    if (response.status !== 401) { tell(`${name}: ${problem.title ?? response.status}. ${problem.detail ?? ''}`, true); return; }
    const text = token === null ? 'This coordinator asks for its shared token.' : 'That was not the token.';
    token = await ask({ title: 'Token', text, yes: 'Send', secret: true });
    if (!token) { token = null; return; }
    // The token goes into a header, which holds no line breaks and nothing beyond Latin-1.
    token = token.trim();
  }
};

const drawButtons = () => {
  const { state } = run.status;
  const over = ['finishing', 'finished', 'failed'].includes(state);
  setText(byId('pause'), state === 'paused' ? 'Resume' : 'Pause');
  byId('pause').disabled = byId('stop').disabled = over || !run.live;
};

byId('pause').addEventListener('click', () => command(run.status.state === 'paused' ? 'resume' : 'pause'));
byId('stop').addEventListener('click', async () => {
  const text = 'It ends after the step in flight, and workers write the model of that step. Nothing is lost: '
    + 'the same run may be gone on with later.';
  if (await ask({ title: 'Stop the run?', text, yes: 'Stop it' })) command('stop');
});
