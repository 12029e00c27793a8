from itertools import count

sequence = count(1)


class Store:
    def __init__(self):
        self.notes = {}

    def of(self, owner):
        return [text for who, text in self.notes.values() if who == owner]

    def add(self, owner, text):
        number = len(self.notes) + 1
        self.notes[number] = owner, text
        return number

    def has(self, number):
        return number in self.notes

    def change(self, number, text):
        self.notes[number] = self.notes[number][0], text

    def drop(self, number):
        self.notes.pop(number, None)
