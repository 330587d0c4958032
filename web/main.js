document.getElementById('host').textContent = location.origin;
